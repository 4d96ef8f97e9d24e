"""XML held against a schema: by xmllint where it is installed, and always by this reader of the part
of XML Schema that the schemas of tests/schema are written in (global elements that refer to one
another, sequences, attributes, plain text)."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

XS = "{http://www.w3.org/2001/XMLSchema}"
TYPES = {"xs:string": r".*", "xs:nonNegativeInteger": r"\+?\d+", "xs:decimal": r"[+-]?(\d+(\.\d*)?|\.\d+)"}


class Schema:
    def __init__(self, path):
        self.path = path
        self.elements = {e.get("name"): e for e in xml.parse(path).getroot().findall(XS + "element")}

    def faults(self, text):
        root = xml.fromstring(text.encode())
        return list(self._node(root)) + self._xmllint(text)

    def _node(self, node):
        declared = self.elements.get(node.tag)
        if declared is None:
            yield f"<{node.tag}> is not declared"
            return
        yield from self._attributes(node, {a.get("name"): a for a in declared.iter(XS + "attribute")})
        yield from self._children(node, declared.find(f"{XS}complexType/{XS}sequence"))
        plain = declared.get("type") or declared.find(f"{XS}complexType/{XS}simpleContent") is not None
        around = [node.text, *(child.tail for child in node)]
        if not plain and any(t and t.strip() for t in around):
            yield f"<{node.tag}> holds text"

    def _attributes(self, node, declared):
        for name, value in node.attrib.items():
            if name not in declared:
                yield f"<{node.tag} {name}> is not declared"
            elif not re.fullmatch(TYPES[declared[name].get("type")], value, re.S):
                yield f"<{node.tag} {name}={value!r}> is no {declared[name].get('type')}"
        for name, attribute in declared.items():
            if attribute.get("use") == "required" and name not in node.attrib:
                yield f"<{node.tag}> lacks {name}"

    def _children(self, node, sequence):
        left = [child.tag for child in node]
        for item in sequence if sequence is not None else ():
            most = item.get("maxOccurs", "1")
            taken = 0
            while left and left[0] == item.get("ref") and (most == "unbounded" or taken < int(most)):
                left.pop(0)
                taken += 1
            if taken < int(item.get("minOccurs", "1")):
                yield f"<{node.tag}> lacks <{item.get('ref')}>"
        if left:
            yield f"<{node.tag}> has <{left[0]}> where it may not stand"
        for child in node:
            yield from self._node(child)

    def _xmllint(self, text):
        if not shutil.which("xmllint"):
            return []
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", self.path, "-"], input=text.encode(),
                              capture_output=True)
        return [] if done.returncode == 0 else [done.stderr.decode()]
