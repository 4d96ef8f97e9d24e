#include "load/words.h"

#include <string.h>

const char words[N_WORDS][WORD_MAX + 1] = {
    "about",   "accept",  "access",  "across",  "active",  "actual",  "admit",   "advance",
    "advice",  "after",   "against", "agency",  "agree",   "airport", "album",   "alive",
    "almost",  "alone",   "already", "alter",   "always",  "analyst", "angle",   "animal",
    "another", "anyone",  "apart",   "appear",  "apply",   "arch",    "arena",   "arise",
    "around",  "arrival", "arrow",   "article", "aspect",  "assist",  "assume",  "attempt",
    "aunt",    "author",  "autumn",  "avoid",   "awake",   "aware",   "away",    "back",
    "bake",    "balance", "band",    "bare",    "bargain", "barrel",  "basic",   "basin",
    "bath",    "beach",   "beam",    "bear",    "beauty",  "become",  "begin",   "behind",
    "being",   "believe", "belong",  "below",   "bench",   "benefit", "beside",  "better",
    "beyond",  "bicycle", "bill",    "bird",    "birth",   "black",   "blank",   "blanket",
    "block",   "blow",    "blue",    "boat",    "boil",    "bold",    "bone",    "boost",
    "boot",    "borrow",  "both",    "bottle",  "bounce",  "bound",   "brain",   "brand",
    "brass",   "bread",   "breath",  "breeze",  "bridge",  "bright",  "bring",   "bronze",
    "brown",   "brush",   "bucket",  "build",   "bunch",   "burst",   "busy",    "button",
    "cabin",   "cake",    "call",    "camera",  "canal",   "candle",  "capable", "captain",
    "capture", "card",    "career",  "careful", "carpet",  "cart",    "case",    "castle",
    "catch",   "cattle",  "ceiling", "central", "century", "chain",   "chair",   "chance",
    "channel", "chapter", "charm",   "chase",   "cheap",   "cheer",   "chef",    "chest",
    "child",   "choose",  "chord",   "citizen", "civil",   "claim",   "classic", "clean",
    "clear",   "clever",  "climate", "climb",   "close",   "cloud",   "club",    "coal",
    "coat",    "code",    "coin",    "collect", "college", "column",  "come",    "comfort",
    "command", "common",  "company", "compete", "compose", "concept", "concert", "confirm",
    "connect", "contact", "contain", "contest", "control", "convert", "cool",    "copy",
    "coral",   "corn",    "correct", "cost",    "couch",   "count",   "counter", "county",
    "courage", "course",  "cousin",  "craft",   "crane",   "create",  "creek",   "crew",
    "crop",    "crowd",   "crown",   "crystal", "culture", "curious", "curtain", "custom",
    "cycle",   "dairy",   "dance",   "dare",    "data",    "dawn",    "deal",    "debate",
    "decent",  "decide",  "declare", "deer",    "defend",  "degree",  "delay",   "demand",
    "depend",  "depth",   "desert",  "desk",    "detail",  "develop", "devote",  "dialog",
    "diary",   "digital", "dinner",  "dirt",    "dish",    "display", "divide",  "doctor",
    "dollar",  "domain",  "double",  "doubt",   "dozen",   "drama",   "draw",    "dream",
    "drift",   "drill",   "drive",   "drop",    "drum",    "dust",    "each",    "eager",
    "early",   "earth",   "ease",    "easy",    "edge",    "edit",    "educate", "effort",
    "eight",   "elbow",   "elect",   "elegant", "else",    "embrace", "empty",   "energy",
    "engage",  "enjoy",   "ensure",  "enter",   "entry",   "equip",   "escape",  "estate",
    "evening", "event",   "every",   "evolve",  "exact",   "example", "except",  "excite",
    "exhibit", "exit",    "expand",  "expert",  "explore", "export",  "extend",  "extra",
    "fabric",  "fact",    "factory", "fair",    "famous",  "farm",    "farmer",  "fast",
    "favor",   "fear",    "feather", "feed",    "feel",    "fence",   "festive", "fiber",
    "field",   "fifteen", "fifty",   "file",    "fill",    "filter",  "finance", "find",
    "finger",  "fire",    "firm",    "fish",    "flag",    "flame",   "flat",    "fleet",
    "flesh",   "float",   "floor",   "flour",   "flower",  "flute",   "focus",   "folk",
    "food",    "foot",    "foreign", "forever", "forget",  "form",    "format",  "former",
    "fortune", "forward", "fossil",  "four",    "free",    "freedom", "fresh",   "frog",
    "from",    "frost",   "fruit",   "fuel",    "fund",    "funny",   "gain",    "game",
    "garage",  "garlic",  "gather",  "gauge",   "general", "gentle",  "giant",   "ginger",
    "girl",    "give",    "glance",  "global",  "glove",   "goal",    "gold",    "golf",
    "gossip",  "grace",   "grade",   "grand",   "grape",   "graph",   "gravity", "great",
    "green",   "grid",    "group",   "grow",    "guard",   "guest",   "guide",   "habit",
    "half",    "hall",    "hand",    "happen",  "happy",   "hard",    "have",    "head",
    "hear",    "heart",   "hedge",   "hello",   "helmet",  "hence",   "here",    "hero",
    "high",    "hill",    "hint",    "history", "hold",    "hole",    "hollow",  "honest",
    "honey",   "hope",    "horn",    "horse",   "hour",    "huge",    "human",   "humor",
    "hurry",   "idea",    "image",   "impact",  "import",  "inch",    "income",  "index",
    "infant",  "initial", "inner",   "inquire", "inside",  "insist",  "install", "instead",
    "intend",  "invest",  "iron",    "island",  "item",    "ivory",   "jazz",    "join",
    "joint",   "journal", "judge",   "juice",   "jungle",  "jury",    "just",    "keen",
    "kettle",  "kind",    "kitchen", "knee",    "knock",   "know",    "labor",   "ladder",
    "lamp",    "lane",    "lantern", "laser",   "late",    "later",   "launch",  "lawyer",
    "layer",   "lead",    "leaf",    "league",  "learn",   "leave",   "lecture", "legal",
    "leisure", "lemon",   "length",  "lesson",  "letter",  "lever",   "library", "license",
    "lift",    "light",   "limit",   "linen",   "link",    "liquid",  "listen",  "little",
    "lively",  "loan",    "local",   "lock",    "long",    "look",    "loose",   "lounge",
    "love",    "luck",    "lunch",   "luxury",  "magic",   "mail",    "main",    "make",
    "manage",  "manner",  "maple",   "margin",  "marine",  "market",  "mass",    "master",
    "math",    "maximum", "mayor",   "meal",    "measure", "meat",    "media",   "medium",
    "meet",    "melt",    "memory",  "mental",  "menu",    "merit",   "metal",   "method",
    "middle",  "mild",    "milk",    "mill",    "mine",    "minimum", "minor",   "miracle",
    "mission", "mist",    "mobile",  "model",   "modern",  "module",  "money",   "monitor",
    "mood",    "moral",   "morning", "motion",  "mount",   "mouse",   "move",    "much",
    "muscle",  "music",   "myself",  "mystery", "narrow",  "native",  "nature",  "neat",
    "need",    "needle",  "nerve",   "network", "neutral", "news",    "nice",    "night",
    "noble",   "noise",   "normal",  "nose",    "note",    "notice",  "novel",   "number",
    "nylon",   "obey",    "object",  "obvious", "ocean",   "october", "office",  "often",
    "olive",   "onion",   "onto",    "open",    "opinion", "option",  "orange",  "orchard",
    "organ",   "orient",  "other",   "ought",   "ounce",   "outdoor", "outline", "output",
    "oval",    "over",    "owner",   "oyster",  "pack",    "package", "page",    "pair",
    "palace",  "panel",   "parade",  "parent",  "parrot",  "partner", "party",   "passage",
    "past",    "patch",   "patient", "pattern", "peace",   "peak",    "pear",    "pebble",
    "people",  "pepper",  "perform", "period",  "permit",  "phase",   "photo",   "phrase",
    "pick",    "picture", "piece",   "pillow",  "pine",    "pink",    "pipe",    "place",
    "plain",   "plane",   "plant",   "plastic", "play",    "plaza",   "please",  "plot",
    "pocket",  "poem",    "point",   "police",  "policy",  "polite",  "pony",    "pool",
    "porch",   "portion", "pose",    "poster",  "potato",  "pound",   "power",   "prairie",
    "prefer",  "present", "press",   "prevent", "pride",   "primary", "prince",  "prior",
    "private", "problem", "produce", "product", "profit",  "project", "promise", "proof",
    "protect", "proud",   "provide", "publish", "pull",    "pump",    "purple",  "purpose",
    "puzzle",  "quarter", "queen",   "quick",   "quilt",   "quite",   "rabbit",  "radar",
    "radio",   "railway", "raise",   "ranch",   "range",   "rare",    "rate",    "reach",
    "react",   "ready",   "reason",  "recall",  "recent",  "record",  "recover", "reef",
    "reflect", "reform",  "regard",  "regular", "reject",  "relax",   "relief",  "rely",
    "remark",  "remote",  "remove",  "repair",  "replace", "reply",   "request", "rescue",
    "reserve", "resolve", "respect", "respond", "result",  "retain",  "retire",  "reveal",
    "reward",  "rhythm",  "rice",    "ride",    "ridge",   "ring",    "river",   "road",
    "robot",   "role",    "roll",    "roof",    "room",    "rope",    "rough",   "round",
    "routine", "rubber",  "rule",    "rural",   "saddle",  "safe",    "sail",    "salad",
    "salmon",  "same",    "sand",    "satin",   "save",    "scan",    "scarf",   "scenic",
    "school",  "science", "score",   "screen",  "script",  "search",  "seat",    "second",
    "section", "secure",  "seed",    "seem",    "select",  "self",    "send",    "sense",
    "series",  "service", "settle",  "seven",   "shade",   "shake",   "shallow", "share",
    "sheep",   "sheet",   "shell",   "shelter", "shine",   "shirt",   "shoe",    "shore",
    "should",  "show",    "side",    "signal",  "silent",  "silver",  "simple",  "since",
    "single",  "sister",  "site",    "sketch",  "skin",    "sleep",   "slide",   "slim",
    "slope",   "small",   "smile",   "smooth",  "soap",    "social",  "sock",    "soil",
    "solid",   "solve",   "song",    "sort",    "soul",    "soup",    "south",   "space",
    "speak",   "speech",  "speed",   "spend",   "spice",   "spin",    "split",   "sponsor",
    "sport",   "spread",  "spring",  "stable",  "staff",   "stage",   "stamp",   "star",
    "start",   "station", "stay",    "steady",  "steel",   "stem",    "step",    "still",
    "stop",    "storage", "storm",   "stove",   "strange", "stream",  "stretch", "string",
    "strong",  "studio",  "study",   "subject", "subtle",  "success", "sudden",  "suggest",
    "suit",    "sunset",  "supply",  "support", "surface", "sweet",   "swift",   "switch",
    "system",  "table",   "tackle",  "tail",    "talent",  "tall",    "tank",    "target",
    "taste",   "teach",   "team",    "temple",  "tennis",  "term",    "text",    "than",
    "that",    "theme",   "then",    "there",   "thick",   "thin",    "think",   "thirty",
    "this",    "thought", "three",   "through", "thunder", "tide",    "tidy",    "tile",
    "time",    "tiny",    "title",   "today",   "token",   "tone",    "topic",   "total",
    "tour",    "towel",   "tower",   "trace",   "trade",   "trail",   "transit", "travel",
    "treat",   "trend",   "trial",   "trick",   "tropic",  "truck",   "trunk",   "truth",
    "tube",    "tunnel",  "turtle",  "twelve",  "twin",    "type",    "typical", "under",
    "unit",    "unity",   "upper",   "urge",    "useful",  "usual",   "valid",   "valley",
    "vapor",   "various", "vast",    "vehicle", "vendor",  "venture", "verse",   "very",
    "vessel",  "village", "violin",  "virtue",  "vision",  "visitor", "visual",  "vivid",
    "voice",   "volume",  "voyage",  "wagon",   "walk",    "walnut",  "want",    "warmth",
    "watch",   "water",   "wealth",  "weather", "weave",   "week",    "weigh",   "weight",
    "well",    "whale",   "what",    "wheel",   "where",   "which",   "whisper", "whole",
    "wide",    "wild",    "willow",  "wind",    "wine",    "winner",  "winter",  "wisdom",
    "wish",    "with",    "without", "wonder",  "wood",    "word",    "worker",  "world",
    "would",   "writer",  "yard",    "yellow",  "young",   "youth",   "zero",    "zone",
};

/* Six words of ten bits from each random number; each is copied whole and cut after. */
void words_put(struct buf *out, struct rng *rng, size_t n)
{
    char *p;
    char *end;
    uint64_t bits = 0;

    if (!n)
        return;
    p = end = buf_room(out, n * (WORD_MAX + 1) + WORD_MAX + 1);
    if (!p)
        return;
    for (size_t i = 0; i < n; i++, bits >>= 10) {
        const char *word;

        if (i % 6 == 0)
            bits = rng_next(rng);
        word = words[bits % N_WORDS];
        memcpy(end, word, WORD_MAX + 1);
        end += strnlen(word, WORD_MAX + 1);
        *end++ = ' ';
    }
    end[-1] = '\0';
    out->len += (size_t)(end - 1 - p);
}
