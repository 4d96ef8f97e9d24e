#include "data/metric_peers.h"

const struct peer_row peers[N_PEERS] = {
    [PEER_AIPERF] = { "AIPerf", "ai-dynamo/aiperf",
                      "src/aiperf/metrics/types/ttft_metric.py and "
                      "inter_chunk_latency_metric.py @ 58028d5, "
                      "inter_token_latency_metric.py @ 58dd5de, request_latency_metric.py "
                      "@ "
                      "4f7ccff, src/aiperf/metrics/derived_latency.py @ 19a5101, "
                      "docs/metrics-reference.md @ 0176f59" },
    [PEER_GUIDELLM] = { "GuideLLM", "vllm-project/guidellm",
                        "src/guidellm/schemas/request_stats.py @ 06cef29, "
                        "src/guidellm/backends/openai/http.py @ 03358ed, "
                        "docs/guides/metrics.md @ 291a6e6" },
    [PEER_VLLM] = { "vLLM bench serve", "vllm-project/vllm",
                    "vllm/benchmarks/lib/endpoint_request_func.py @ 02cfb53, "
                    "vllm/benchmarks/serve.py @ 009e6d4" },
    [PEER_INFERENCE_PERF] = { "inference-perf", "kubernetes-sigs/inference-perf",
                              "inference_perf/reportgen/base.py @ 010d12f, "
                              "docs/metrics.md @ 010d12f, docs/comparability.md @ "
                              "3bd9c0a" },
    [PEER_K6] = { "k6", "grafana/k6",
                  "lib/netext/httpext/tracer.go @ 0568f27, and the page \"Built-in "
                  "metrics\" of its documentation" },
};

#define METRIC(id, who) .metric = METRIC_##id, .peer = PEER_##who
#define RATE(id, who) .is_rate = true, .rate = RATE_##id, .peer = PEER_##who

const struct peer_name peer_names[] = {
    { METRIC(TTFT, AIPERF), "none",
      "time_to_first_token begins when the request is sent: waiting before is not in it" },
    { METRIC(TTFT, GUIDELLM), "none", "time_to_first_token_ms begins when it is sent" },
    { METRIC(TTFT, VLLM), "none",
      "ttft begins when it is sent; the wait for the client's own concurrency limit is "
      "client_queue_time" },
    { METRIC(TTFT, INFERENCE_PERF), "none", "time_to_first_token begins when it is sent" },

    { METRIC(TTFT_API, AIPERF), "time_to_first_token (TTFT)",
      "first chunk with content - request start" },
    { METRIC(TTFT_API, GUIDELLM), "time_to_first_token_ms",
      "first line that holds output - request start, wall clock, when the client read it" },
    { METRIC(TTFT_API, INFERENCE_PERF), "time_to_first_token (TTFT)",
      "first chunk with text - request start; the start stays where it was when a request "
      "is retried; absent with a single output token" },

    { METRIC(TTFR, VLLM), "ttft",
      "first event with `choices` - request start: an empty role frame counts" },
    { METRIC(TTFR, K6), "http_req_waiting",
      "request written -> first byte of the answer, which is of its headers" },

    { METRIC(TTFA, AIPERF), "time_to_first_output_token (TTFO)",
      "first output that is not reasoning - request start, not due" },
    { METRIC(TTFA, GUIDELLM), "time_to_first_output_token_ms",
      "first output that is not reasoning - request start, not due" },

    { METRIC(ITL, AIPERF), "inter_chunk_latency (ICL)",
      "gaps between chunks with content, of all requests in one list; not to be taken for "
      "their inter_token_latency, see tpot" },
    { METRIC(ITL, GUIDELLM), "none",
      "inter_token_latency_ms is one mean a request, see tpot" },
    { METRIC(ITL, VLLM), "itl",
      "gaps between events with `choices`, the first empty one included, of all requests "
      "in one list" },
    { METRIC(ITL, INFERENCE_PERF), "inter_token_latency (ITL)",
      "gaps between tokens as the client's tokenizer counts them: all of one chunk have "
      "its time, so gaps within a chunk are 0" },

    { METRIC(TPOT, AIPERF), "inter_token_latency (ITL)",
      "(request_latency - time_to_first_token) / (output tokens - 1), or minus the tokens "
      "of the first chunk where the server tells them" },
    { METRIC(TPOT, GUIDELLM), "inter_token_latency_ms",
      "(last - first output) / (output tokens - 1). Their time_per_output_token_ms is "
      "another: (last output - request start) / output tokens" },
    { METRIC(TPOT, VLLM), "tpot",
      "(e2el - ttft) / (output tokens - 1); an empty first frame makes it longer" },
    { METRIC(TPOT, INFERENCE_PERF), "time_per_output_token (TPOT)",
      "(last - first token) / (output tokens - 1), counted by the client's tokenizer "
      "unless use_server_output_tokens is set" },

    { METRIC(TPS, AIPERF), "Output Token Throughput Per User",
      "1 / inter_token_latency of a request" },
    { METRIC(TPS, GUIDELLM), "output_tokens_per_second",
      "output tokens / request_latency: the wait for the first token is in it" },

    { METRIC(STALL, AIPERF), "none",
      "the maximum of inter_chunk_latency is the longest gap of the run, of no request" },
    { METRIC(STALL, GUIDELLM), "none",
      "of the gaps of a request only the first and the last output are kept" },
    { METRIC(STALL, VLLM), "none",
      "one gap of a stream is one of all gaps: of 50 frames, 2 % and above p98" },
    { METRIC(STALL, INFERENCE_PERF), "none", "one gap of a stream is one of all gaps" },

    { METRIC(E2E, AIPERF), "effective_latency",
      "end - when its controller issued the credit to send" },

    { METRIC(E2E_API, AIPERF), "request_latency",
      "last chunk with content - request start" },
    { METRIC(E2E_API, GUIDELLM), "request_latency", "end of the stream - request start" },
    { METRIC(E2E_API, VLLM), "e2el",
      "last event with `choices` - request start; the usage event is not in it" },
    { METRIC(E2E_API, INFERENCE_PERF), "request_latency",
      "end - request start, retries and the waiting between them included" },
    { METRIC(E2E_API, K6), "http_req_duration",
      "sending + waiting + receiving: without DNS, connecting and TLS" },

    { METRIC(TCP, K6), "http_req_connecting", "0 where the connection was reused" },
    { METRIC(TLS, K6), "http_req_tls_handshaking", "0 where the connection was reused" },

    { METRIC(CACHE_HIT, INFERENCE_PERF), "kv_cache_hit_percent",
      "cached / prompt tokens as the server tells them, summed over sessions" },

    { METRIC(HELD, AIPERF), "credit_to_start_latency",
      "request start - when its controller issued the credit, the client's own delay "
      "included" },
    { METRIC(HELD, K6), "dropped_iterations",
      "what no free virtual user could start is not sent, only counted" },
    { METRIC(HELD_CAP, VLLM), "client_queue_time",
      "waiting for the client's concurrency limit" },

    { METRIC(PROMPT_TOKENS, VLLM), "total_input",
      "the server's usage where it tells, else the client's tokenizer" },
    { METRIC(PROMPT_TOKENS, INFERENCE_PERF), "prompt_tokens",
      "the server's usage where it tells, else the client's tokenizer" },

    { METRIC(COMPLETION_TOKENS, GUIDELLM), "output_tokens",
      "the server's usage where it tells, else the number of chunks" },
    { METRIC(COMPLETION_TOKENS, VLLM), "total_output",
      "the server's usage where it tells, else the client's tokenizer" },
    { METRIC(COMPLETION_TOKENS, INFERENCE_PERF), "output_tokens, output_len",
      "output_tokens is the server's usage, output_len the client's tokenizer; speeds use "
      "output_len by default" },

    { RATE(RETRY, INFERENCE_PERF), "retries.requests_retried", "a count" },
    { RATE(RPS, VLLM), "request_throughput", "requests completed / duration of the run" },
    { RATE(TPS_TOTAL, VLLM), "output_throughput", "output tokens / duration of the run" },
    { RATE(GOODPUT, VLLM), "request_goodput",
      "good requests / second, not the share of them; a request of one token has a tpot "
      "of 0" },
    { RATE(GOODPUT, INFERENCE_PERF), "goodput_percentage", "good / all, in percent" },
};

const size_t n_peer_names = sizeof(peer_names) / sizeof(peer_names[0]);
