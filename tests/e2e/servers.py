"""Servers nobody here wrote, each started for one test; skips where one is not installed."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import unittest

import rig

PEERS = os.environ.get("TOKDYNO_PEERS", rig.path("build/peers"))

STREAM_HEAD = ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",'
               '"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n')


def stream(words, done=True, usage=True):
    """A plain OpenAI-like answer, as bytes of server-sent events."""
    out = STREAM_HEAD
    for word in words:
        out += ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",'
                f'"choices":[{{"index":0,"delta":{{"content":"{word}"}}}}]}}\n\n')
    out += ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",'
            '"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
    if usage:
        out += ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m",'
                '"choices":[],"usage":{"prompt_tokens":9,'
                f'"completion_tokens":{len(words)},"total_tokens":{9 + len(words)}}}}}\n\n')
    return out + ("data: [DONE]\n\n" if done else "")


def program(name, hint):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if not found:
        raise unittest.SkipTest(f"{name} is not installed ({hint})")
    return found


def peer(name):
    found = os.path.join(PEERS, name, "bin", name)
    if not os.path.exists(found):
        raise unittest.SkipTest(f"{name} is not installed (scripts/peers.sh {name})")
    return found


def write(folder, name, text):
    file = os.path.join(folder, name)
    with open(file, "w", encoding="utf-8") as f:
        f.write(text)
    return file


@contextlib.contextmanager
def running(args, port, log, seconds=20, env=None, address="127.0.0.1"):
    with open(log, "wb") as out:
        process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   env=env or rig.environment(), cwd=os.path.dirname(log))
    try:
        if not rig.wait_for_port(port, seconds, process, address):
            with open(log, "rb") as f:
                said = f.read()[-2000:].decode()
            raise unittest.SkipTest(f"{args[0]} does not start here: {said.strip()[-300:]}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        location = /v1/chat/completions {{
            rewrite ^ /stream.txt last;
        }}
        location = /stream.txt {{
            types {{ }}
            default_type "text/event-stream";
            error_page 405 =200 $uri;
        }}
        location = /html/chat/completions {{
            return 502;
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(answer):
    """nginx that answers every chat request with these bytes; its base URL without /v1."""
    found = program("nginx", "Debian: nginx-light")
    folder = os.path.dirname(rig.fresh())
    port = rig.free_port()
    write(folder, "stream.txt", answer)
    config = write(folder, "nginx.conf", NGINX.format(folder=folder, port=port))
    with running([found, "-p", folder, "-c", config], port, os.path.join(folder, "log")):
        yield f"http://127.0.0.1:{port}"


def certificate(folder, address="127.0.0.1"):
    """A certificate for localhost and an address, signed by nobody but itself."""
    openssl = program("openssl", "Debian: openssl")
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", f"subjectAltName=DNS:localhost,IP:{address}"],
                   check=True, capture_output=True)
    return key, cert


@contextlib.contextmanager
def nghttpx(backend, address="127.0.0.1"):
    """TLS with HTTP/2 and HTTP/1.1 in front of a port; its origin and its certificate."""
    found = program("nghttpx", "Debian: nghttp2-proxy")
    folder = os.path.dirname(rig.fresh())
    key, cert = certificate(folder, address)
    port = rig.free_port(address)
    config = write(folder, "nghttpx.conf", "")
    with running([found, f"--conf={config}", f"--frontend={address},{port}",
                  f"--backend={address},{backend}", "--workers=1", "--no-ocsp",
                  "--accesslog-file=/dev/null", key, cert],
                 port, os.path.join(folder, "log"), address=address):
        host = "localhost" if address == "127.0.0.1" else address
        yield f"https://{host}:{port}", cert


LITELLM = """
model_list:
  - model_name: mock
    litellm_params:
      model: openai/mock
      api_key: none
      mock_response: "It is simple to answer, and quick, when nobody has to think about it."
general_settings:
  master_key: sk-e2e
"""


@contextlib.contextmanager
def litellm():
    """litellm's proxy with a mock response; its base URL. The key is sk-e2e."""
    found = peer("litellm")
    folder = os.path.dirname(rig.fresh())
    config = write(folder, "config.yaml", LITELLM)
    port = rig.free_port()
    with running([found, "--config", config, "--host", "127.0.0.1", "--port", str(port)],
                 port, os.path.join(folder, "log"), seconds=90,
                 env=rig.environment({"LITELLM_LOCAL_MODEL_COST_MAP": "True"})):
        yield f"http://127.0.0.1:{port}/v1"


def aimock_answers(sound):
    """What aimock is told to say: by endpoint, by what was asked, by the tool that was offered."""
    return {"fixtures": [
        {"match": {"endpoint": "transcription"},
         "response": {"transcription": {"text": "Hello there.", "language": "en", "duration": 2.5}}},
        {"match": {"endpoint": "speech"},
         "response": {"audio": base64.b64encode(sound).decode(), "format": "wav"}},
        {"match": {"endpoint": "embedding"}, "response": {"embedding": [0.5, -0.25, 0.125]}},
        {"match": {"hasToolResult": True}, "response": {"content": "18 degrees, and no wind to speak of."}},
        {"match": {"toolName": "get_weather"},
         "response": {"toolCalls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]}},
        {"match": {"userMessage": "Think"},
         "response": {"content": "It is done.", "reasoning": "First this, and then that."}},
        {"match": {"userMessage": "Hello"}, "streamingProfile": {"ttft": 40, "tps": 200},
         "response": {"content": "It is simple to answer, and quick, when nobody has to think about it."}},
    ]}


@contextlib.contextmanager
def aimock(*flags, sound=b""):
    """aimock, a mock of many APIs on Node; its base URL."""
    node = program("node", "Debian: nodejs")
    found = os.path.join(PEERS, "aimock", "node_modules", ".bin", "llmock")
    if not os.path.exists(found):
        raise unittest.SkipTest("aimock is not installed (scripts/peers.sh aimock)")
    folder = os.path.dirname(rig.fresh())
    answers = write(folder, "answers.json", json.dumps(aimock_answers(sound)))
    port = rig.free_port()
    with running([node, found, "-p", str(port), "-f", answers, "--log-level", "warn", *flags], port,
                 os.path.join(folder, "log"), seconds=30):
        yield f"http://127.0.0.1:{port}/v1"


@contextlib.contextmanager
def guidellm(ttft_ms, itl_ms):
    found = peer("guidellm")
    folder = os.path.dirname(rig.fresh())
    port = rig.free_port()
    with running([found, "mock-server", "--host", "127.0.0.1", "--port", str(port),
                  "--model", "mock", "--ttft-ms", str(ttft_ms), "--itl-ms", str(itl_ms)],
                 port, os.path.join(folder, "log"), seconds=90):
        yield f"http://127.0.0.1:{port}/v1"
