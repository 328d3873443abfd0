#include <gradus/core/check.h>
#include <gradus/core/printable.h>

#include <doctest/doctest.h>

using namespace gradus;

TEST_CASE("printable: what is safe stays, in any script") {
  for (const std::string text : {"", "a b,'c'", "na\u00efve \u6570\u636e \U0001F600", "\"quoted\" \\ back"})
    CHECK_EQ(printable(text), text);
}

TEST_CASE("printable: controls, invisible marks and bytes that are not UTF-8 become escapes") {
  CHECK_EQ(printable("\x1b[2J\a\r\n\t\x7f"), "\\x1b[2J\\x07\\r\\n\\t\\x7f");
  CHECK_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  CHECK_EQ(printable("\xC2\x9B\xC2\x80"), "\\x9b\\x80");                                         // C1
  CHECK_EQ(printable("\u202e\u2066\u200f\u061c\u2028"), "\\u202e\\u2066\\u200f\\u061c\\u2028");  // direction
  CHECK_EQ(printable("\u200b\ufeff\U000E0041"), "\\u200b\\ufeff\\U000e0041");                    // invisible
  // a lone continuation, a cut character, an overlong slash, a surrogate, beyond U+10FFFF
  CHECK_EQ(printable("\x9b|\xE2\x80|\xC0\xAF|\xED\xA0\x80|\xF4\x90\x80\x80|\xFF"),
           "\\x9b|\\xe2\\x80|\\xc0\\xaf|\\xed\\xa0\\x80|\\xf4\\x90\\x80\\x80|\\xff");
}

TEST_CASE("printable: long texts are cut between characters") {
  CHECK_EQ(printable(std::string(200, 'x')), std::string(200, 'x'));
  CHECK_EQ(printable(std::string(1'000'000, 'x')), std::string(200, 'x') + "...");
  CHECK_EQ(printable("ab\u00e9", 3), "ab...");
  CHECK_EQ(printable("abcd", 3), "abc...");
}

TEST_CASE("printable: texts of errors are safe for terminals") {
  CHECK_EQ(std::string(ValueError("two\nlines").what()), "two\nlines");
  CHECK_EQ(std::string(FileError("f\x1b]0;title\x07: \xC2\x9B").what()), "f\\x1b]0;title\\x07: \\x9b");
  CHECK_THROWS_WITH_AS(check(false, "[x] got '{}'", "\u202e"), "[x] got '\\u202e'", ValueError);
}
