// Places of values and errors in JSON with comments.
#include "scenario/json_source.h"

#include <doctest/doctest.h>

#include "scenario_maker.h"

namespace ackident {
namespace {

struct Parsed {
  bool ok = false;
  JsonNode root;
  std::vector<Problem> problems;
};

Parsed parse(const std::string& text) {
  Diagnostics diagnostics("f.json", text);
  Parsed out;
  out.ok = parse_json(0, diagnostics, out.root);
  link_parents(out.root);
  try {
    diagnostics.throw_if_any();
  } catch (const ScenarioError& error) {
    out.problems = error.problems();
  }
  return out;
}

TEST_CASE("every value and key is placed, past comments, escapes and numbers") {
  const std::string text =
      "{ // note: \"x\": 1\n"
      "  \"a\\\"b\": -1.5e3/* , */,\"c\" : [ 1/**/,22 ,\"]\", true,null],\n"
      "\t\"d\":{}}";
  Parsed parsed = parse(text);
  REQUIRE(parsed.ok);
  CHECK(parsed.problems.empty());
  const JsonNode& root = parsed.root;
  REQUIRE(root.children.size() == 3);
  CHECK(root.children[0].key == "a\"b");
  CHECK(root.children[0].text == "-1.5e3");
  CHECK(text.substr(root.children[0].offset, 6) == "-1.5e3");
  CHECK(text.substr(root.children[0].key_offset, 6) == "\"a\\\"b\"");
  const JsonNode& list = root.children[1];
  REQUIRE(list.children.size() == 5);
  CHECK(text[list.offset] == '[');
  CHECK(text[list.children[0].offset] == '1');
  CHECK(text.substr(list.children[1].offset, 2) == "22");
  CHECK(text.substr(list.children[2].offset, 3) == "\"]\"");
  CHECK(text.substr(list.children[3].offset, 4) == "true");
  CHECK(text.substr(list.children[4].offset, 4) == "null");
  CHECK(text.substr(root.children[2].offset, 2) == "{}");
  CHECK(json_pointer(list.children[1]) == "/c/1");
}

TEST_CASE("a byte-order mark and carriage returns are harmless") {
  const Parsed parsed = parse("\xef\xbb\xbf{\r\n \"a\": 1,\r\n \"a\": 2}");
  CHECK(parsed.ok);
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].line == 3);
  CHECK(parsed.problems[0].column == 2);
  CHECK(parsed.problems[0].source_line == " \"a\": 2}");
}

TEST_CASE("columns count characters, not bytes") {
  const Parsed parsed = parse("{\"ü€\": 1, \"a\": 1, \"a\": 2}");
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].column == 19);
}

TEST_CASE("duplicate keys are errors at the later one, at any depth") {
  const Parsed parsed = parse("{\"t\": [{\"a/b\": 1,\n  \"a/b\": 2}]}");
  CHECK(parsed.ok);
  REQUIRE(parsed.problems.size() == 1);
  CHECK(parsed.problems[0].line == 2);
  CHECK(parsed.problems[0].column == 3);
  CHECK(parsed.problems[0].pointer == "/t/0/a~1b");
  CHECK(contains(parsed.problems[0].message, "duplicate key"));
}

void check_error(const std::string& text, std::uint32_t line, std::uint32_t column,
                 const std::string& part) {
  const Parsed parsed = parse(text);
  INFO(text);
  CHECK_FALSE(parsed.ok);
  REQUIRE(parsed.problems.size() == 1);
  INFO(parsed.problems[0].message);
  CHECK(parsed.problems[0].line == line);
  CHECK(parsed.problems[0].column == column);
  CHECK(contains(parsed.problems[0].message, part));
}

TEST_CASE("syntax errors point at the token that is wrong") {
  check_error("{\"a\": 1,\n \"b\": ,}", 2, 7, "unexpected ','");
  check_error("{\"a\": 1,\n}", 2, 1, "a comma may not end a list");
  check_error("[1, 2", 1, 6, "unexpected end of input");
  check_error("{\"a\" \"bc\"}", 1, 6, "unexpected string literal");
  check_error("{\"a\": tru}", 1, 10, "invalid literal");
  check_error("{\"a\": 1} x", 1, 10, "invalid literal");
  check_error("", 1, 1, "empty");
  check_error("  // nothing\n", 1, 1, "empty");
  check_error("{\"a\": \"x\xff\"}", 1, 9, "UTF-8");
  check_error("// \xc0\x80\n{}", 1, 4, "UTF-8");
}

TEST_CASE("nesting is bounded, without recursion on hostile input") {
  const Parsed fits = parse(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']'));
  CHECK(fits.ok);
  check_error(std::string(1'000'000, '['), 1, kJsonDepthMax + 1, "nested deeper than 64");
}

TEST_CASE("overlong and surrogate encodings are no UTF-8") {
  CHECK(first_invalid_utf8("a\xe2\x82\xac\xf0\x9f\x98\x80z") == 9);
  CHECK(first_invalid_utf8("a\xed\xa0\x80") == 1);
  CHECK(first_invalid_utf8("\xe0\x80\x80") == 0);
  CHECK(first_invalid_utf8("\xf5\x80\x80\x80") == 0);
  CHECK(first_invalid_utf8("ab\xc3") == 2);
}

TEST_CASE("the nearest name is offered only if it is near") {
  const std::vector<std::string_view> names = {"acks", "linger.ms", "batch.size"};
  CHECK(nearest_name("ack", names) == "acks");
  CHECK(nearest_name("lingre.ms", names) == "linger.ms");
  CHECK(nearest_name("ACKS", names) == "acks");
  CHECK(nearest_name("retries", names).empty());
}

TEST_CASE("a problem is shown with its line and a caret under it") {
  const Problem problem{"s.json", 3, 4, "/a/b", "wrong", "\tü: 1"};
  CHECK(format_problem(problem) == "s.json:3:4: error: wrong\n  at /a/b\n  | \tü: 1\n  | \t  ^\n");
}

}  // namespace
}  // namespace ackident
