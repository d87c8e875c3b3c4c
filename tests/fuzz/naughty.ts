/** Strings that have broken programs: each family after what it breaks. Distinct ones, some hundreds. */
import { sentences } from "./drawing.ts";

const codes = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));

const controls = codes(0, 31).concat(codes(127, 159));

const spaces = [
  0xa0,
  0x1680,
  ...Array.from({ length: 12 }, (_, n) => 0x2000 + n),
  0x2028,
  0x2029,
  0x202f,
  0x205f,
  0x3000,
  0xfeff,
  0x180e,
  0x2060,
].map((code) => String.fromCodePoint(code));

/** Characters that turn, join, combine, vanish or are none. */
const unicode = [
  ...[
    0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    0xad, 0x34f, 0x61c, 0x1d173, 0xe0001, 0xe0041, 0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff, 0x1fffe,
    0x10ffff, 0xfdd0, 0xe000, 0xf8ff,
  ].map((code) => String.fromCodePoint(code)),
  "\ud800",
  "\udfff",
  "\udc00\ud800",
  "a\ud83d",
  "e\u0301",
  "\u0130",
  "\u0131",
  "\u017f",
  "\u212a",
  "\ufb00",
  "ß",
  "ẞ",
  "Ω≈ç√∫˜µ≤≥÷",
  "田中さん",
  "사회과학원",
  "الكل في المجمو",
  "בְּרֵאשִׁית",
  "𠜎𠜱",
  "👩‍👩‍👧‍👦",
  "🇺🇸🇷",
  "🏳️‍🌈",
  "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯",
  "ﷺ",
  "１２３",
  "ｓｃｒｉｐｔ",
  "оpenai",
  "openaı",
  "ореnаі",
];

const numbers = sentences(
  ["", "-", "+", "0x", "1e", "."],
  [
    "0",
    "1",
    "9".repeat(16),
    "9".repeat(400),
    "1.0",
    "1e400",
    "00",
    "1_000",
    "1,000",
    "٣",
    "1/0",
    "2147483648",
    "9223372036854775808",
  ],
).concat(["NaN", "Infinity", "-Infinity", "1#INF", "-0", "0.1e-400", "1E+02", "0b1", "0o7", "½"]);

const words = [
  "null",
  "undefined",
  "true",
  "false",
  "nil",
  "None",
  "(null)",
  "NULL",
  "then",
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "__defineGetter__",
  "length",
  "name",
  "default",
  "this",
  "CON",
  "NUL",
  "COM1",
  "aux",
  ".",
  "..",
  "*",
  "",
  " ",
  "  x  ",
  "\\N",
];

const sql = sentences(
  ["'", '"', "$$", ";", "')", "1", "\\'", "E'\\x27'"],
  [
    " or 1=1--",
    "; drop table byok.envelopes--",
    " union select envelope from byok.envelopes--",
    "; select pg_sleep(0)--",
    "||current_user||'",
    "; set role postgres--",
    "/**/",
    "::regclass",
    "; copy byok.envelopes to '/tmp/x'--",
    "; notify pgrst--",
  ],
);

const rest = sentences(
  ["", "not.", "eq.", "in.(", "or=(", "and=(", "cs.{", "fts.", "ov.[", "is."],
  [
    "null",
    "a,b",
    "owner_id.neq.0)",
    "*",
    "%",
    "a.b.c",
    '"a"',
    "envelopes(*)",
    "envelope",
    "credentials!inner(envelopes(envelope))",
    "->>'a'",
    "owner_id::text",
    "count()",
    "pg_user",
    "auth.users",
    "(select 1)",
  ],
);

const shell = sentences(
  ["", "`", "$(", "|", "&&", ";", "\n"],
  ["id", "cat /etc/passwd", "curl http://127.0.0.1:1/", "${IFS}x", "%x", "$HOME"],
);

const templates = [
  "{{7*7}}",
  "${7*7}",
  "<%= 7*7 %>",
  "#{7*7}",
  "{{constructor.constructor('return process')()}}",
  "${jndi:ldap://127.0.0.1:1/a}",
  "{0}",
  "%s%s%s%n",
  "%p",
  "%@",
  "%d",
  "@@x",
  "{%x%}",
  "[[${1}]]",
  "*{1}",
  "~{x}",
];

const markup = sentences(
  ["<", '">', "'><", "</title><", "<!--", "<![CDATA[", "javascript:", "data:text/html,"],
  [
    "script>alert(1)</script>",
    "img src=x onerror=alert(1)>",
    "svg/onload=alert(1)>",
    "!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "iframe src=//127.0.0.1:1>",
    "?xml version='1.0'?>",
  ],
);

const paths = sentences(
  ["", "/", "file:///", "\\\\", "C:\\", "../../../", "..\\..\\", "%2e%2e%2f", "....//"],
  ["etc/passwd", "proc/self/environ", "windows/win.ini", "call/openai", "\0.png", "dev/null"],
);

const addresses = [
  "http://127.0.0.1:1/",
  "http://169.254.169.254/",
  "http://[::1]/",
  "http://0/",
  "http://2130706433/",
  "http://127.1/",
  "//evil.test",
  "http://a@b",
  "http://a:b@c:d",
  "http://[",
  "mailto:a@b",
  "a@b",
  "ftp://x",
  "gopher://x",
  "dict://x",
  "http://①②⑦.⓪.⓪.①/",
  "http://xn--/",
  "http://ex ample",
  "//\\x",
  "ws://x",
];

const keys = [
  "sk-",
  "sk-proj-",
  "sk-admin-x",
  "sk-ant-admin-x",
  "sk-ant-oat01-x",
  "gsk_",
  "AIza",
  "sb_secret_x",
  "sb_publishable_x",
  "Bearer x",
  "eyJhbGciOiJub25lIn0.e30.",
  "a.b.c",
  "a.b",
  "x".repeat(254),
  "x".repeat(255),
  "x".repeat(8_000),
  "sk-\u00e9",
  "sk-\tx",
  " sk-x ",
  "sk-x\n",
  "sk x",
  "sk-‐x",
];

const uuids = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "{00000000-0000-4000-8000-000000000000}",
  "00000000000040008000000000000000",
  "urn:uuid:00000000-0000-4000-8000-000000000000",
  "g0000000-0000-4000-8000-000000000000",
  "00000000-0000-4000-8000-00000000000",
  "00000000-0000-4000-8000-000000000000\n",
];

const names = [
  "openai",
  "OpenAI",
  "OPENAI",
  "openai ",
  " openai",
  "openai\0",
  "openai/",
  "openai,groq",
  "openai;groq",
  "anthropic",
  "azure",
  "kernel_build",
  "KERNEL_BUILD",
  "kernel_build,doc_generation",
  "single_doc_regen\n",
];

export const naughtyStrings: readonly string[] = [
  ...new Set(
    [
      controls,
      controls.map((control) => `a${control}b`),
      spaces,
      unicode,
      numbers,
      words,
      sql,
      rest,
      shell,
      templates,
      markup,
      paths,
      addresses,
      keys,
      uuids,
      names,
    ].flat(),
  ),
];
