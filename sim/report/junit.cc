// JUnit's XML, as build servers read it: a suite for each scenario file, a case for each seed. A
// case that failed is a <failure>; one that gave no answer (unknown, vacuous, refused, a bug) is an
// <error>, because a build that shows nothing must not look green.
#include <fmt/format.h>

#include "drive/words.h"
#include "report/cases.h"

namespace ackident {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;  // an attribute would turn it into a blank
      case '\t': out += "&#9;"; break;
      default:
        // XML 1.0 has no name for the other control characters.
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        break;
    }
  }
  return out;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;

  void add(const CaseResult& result) {
    ++tests;
    if (result.outcome == CaseOutcome::kFail) {
      ++failures;
    } else if (result.outcome != CaseOutcome::kPass) {
      ++errors;
    }
  }
  [[nodiscard]] std::string attributes() const {
    return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests, failures, errors);
  }
};

// The whole story stands in the text, its first line in the message.
std::string case_xml(const CaseResult& result) {
  const std::string name =
      result.outcome == CaseOutcome::kRefused ? "load" : seed_text(result);
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                       escaped(result.name), escaped(name));
  if (result.outcome == CaseOutcome::kPass) return head + "/>\n";
  const char* const element = result.outcome == CaseOutcome::kFail ? "failure" : "error";
  const std::string message = result.problems.empty() ? std::string(outcome_name(result.outcome))
                                                      : result.problems.front().what;
  return fmt::format("{}>\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", head,
                     element, outcome_name(result.outcome), escaped(message),
                     escaped(case_text(result)), element);
}

std::string suite_xml(const std::vector<CaseResult>& cases, std::size_t first, std::size_t end) {
  Counts counts;
  std::string text;
  for (std::size_t i = first; i < end; ++i) {
    counts.add(cases[i]);
    text += case_xml(cases[i]);
  }
  return fmt::format("  <testsuite name=\"{}\" {} skipped=\"0\">\n{}  </testsuite>\n",
                     escaped(cases[first].file), counts.attributes(), text);
}

}  // namespace

std::string cases_junit(const std::vector<CaseResult>& cases) {
  Counts counts;
  std::string suites;
  for (std::size_t first = 0; first < cases.size();) {
    std::size_t end = first;
    for (; end < cases.size() && cases[end].file == cases[first].file; ++end) {
      counts.add(cases[end]);
    }
    suites += suite_xml(cases, first, end);
    first = end;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ackident\" {}>\n{}"
      "</testsuites>\n",
      counts.attributes(), suites);
}

}  // namespace ackident
