document.querySelectorAll("table.sort").forEach(function (table) {
  var body = table.tBodies[0], heads = table.tHead.rows[0].cells;
  Array.prototype.forEach.call(heads, function (head, column) {
    function key(row) {
      var cell = row.cells[column], v = cell && cell.getAttribute("data-v");
      return v === null || v === undefined ? (cell ? cell.textContent : "") : parseFloat(v);
    }
    function sort() {
      var down = head.getAttribute("aria-sort") === "ascending";
      Array.prototype.forEach.call(heads, function (h) { h.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      Array.prototype.slice.call(body.rows).sort(function (a, b) {
        var x = key(a), y = key(b), none = (typeof x === "string") - (typeof y === "string");
        if (none) { return none; }
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      }).forEach(function (row) { body.appendChild(row); });
    }
    head.tabIndex = 0;
    head.onclick = sort;
    head.onkeydown = function (e) { if (e.key === "Enter") { sort(); } };
  });
});
