"""A small part of JSON Schema (2020-12): what docs/run.schema.json is written in.

wrong(schema, value) returns what does not fit, one sentence each. undescribed(schema, value)
returns the keys of objects that the schema lists members of, but not these. A keyword that
is not known here is an error of the schema, so none is passed over.
"""

import re

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "enum", "const", "minimum",
         "pattern", "properties", "required", "additionalProperties", "items", "oneOf"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def _is(kind, v):
    if kind == "integer":
        return isinstance(v, int) and not isinstance(v, bool)
    return isinstance(v, TYPES[kind])


def _resolve(root, schema):
    unknown = set(schema) - KNOWN
    if unknown:
        raise ValueError(f"keywords {sorted(unknown)} are not known here")
    if "$ref" not in schema:
        return schema
    return _resolve(root, root["$defs"][schema["$ref"].removeprefix("#/$defs/")])


def _simple(s, v):
    kinds = s.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(k, v) for k in kinds):
        yield f"is no {' or '.join(kinds)}"
    if "enum" in s and v not in s["enum"]:
        yield f"is {v!r}, none of {s['enum']}"
    if "const" in s and v != s["const"]:
        yield f"is {v!r}, not {s['const']!r}"
    if "minimum" in s and _is("integer", v) and v < s["minimum"]:
        yield f"is {v}, below {s['minimum']}"
    if "pattern" in s and isinstance(v, str) and not re.search(s["pattern"], v):
        yield f"is {v!r}, not like {s['pattern']}"


def _parts(s, v):
    """(where, schema, value) of all that is inside."""
    if isinstance(v, dict):
        for key, inner in v.items():
            if key in s.get("properties", {}):
                yield f".{key}", s["properties"][key], inner
            elif isinstance(s.get("additionalProperties"), dict):
                yield f".{key}", s["additionalProperties"], inner
    if isinstance(v, list) and "items" in s:
        for i, inner in enumerate(v):
            yield f"[{i}]", s["items"], inner


def wrong(schema, value, root=None, at="$"):
    root = root or schema
    s = _resolve(root, schema)
    found = [f"{at} {what}" for what in _simple(s, value)]
    if isinstance(value, dict):
        found += [f"{at} lacks {k}" for k in s.get("required", []) if k not in value]
    for where, inner, v in _parts(s, value):
        found += wrong(inner, v, root, at + where)
    if "oneOf" in s:
        fits = [one for one in s["oneOf"] if not wrong(one, value, root, at)]
        if len(fits) != 1:
            found.append(f"{at} fits {len(fits)} of {len(s['oneOf'])} alternatives, not one")
    return found


def undescribed(schema, value, root=None, at="$"):
    root = root or schema
    s = _resolve(root, schema)
    for one in s.get("oneOf", []):
        if "properties" not in s and not wrong(one, value, root, at):
            s = one
    found = []
    if isinstance(value, dict) and "properties" in s and "additionalProperties" not in s:
        found = [f"{at}.{k}" for k in value if k not in s["properties"]]
    for where, inner, v in _parts(s, value):
        found += undescribed(inner, v, root, at + where)
    return found
