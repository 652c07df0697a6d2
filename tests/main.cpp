// The test program's main function: quiet logging, and an exit status of its own for skipped tests.
#define CATCH_CONFIG_RUNNER
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>

#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

struct Tally {
  int tests = 0;
  int skipped = 0;
};

Tally& tally() {
  static Tally value;
  return value;
}

/// Counts tests, and those that were skipped.
class SkipListener : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseEnded(const Catch::TestCaseStats& /*stats*/) override {
    ++tally().tests;
    tally().skipped += take_skipped() ? 1 : 0;
  }
};
CATCH_REGISTER_LISTENER(SkipListener)

}  // namespace
}  // namespace rtlgen::testing

int main(int argc, char* argv[]) {
  using rtlgen::testing::kSkippedStatus;
  spdlog::set_level(spdlog::level::warn);
  const int status = Catch::Session().run(argc, argv);
  if (status != 0) {  // as many as there were failures
    return status == kSkippedStatus ? 1 : status;
  }
  const rtlgen::testing::Tally& tally = rtlgen::testing::tally();
  return tally.tests > 0 && tally.skipped == tally.tests ? kSkippedStatus : 0;
}
