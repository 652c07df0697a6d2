// Errors that a user can mend, with the place they come from.
#pragma once

#include <stdexcept>
#include <string>

namespace rtlgen {

/// A place in an input file; line and column count from 1, 0 means unknown.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
};

/// Bad input: prints as `file:line:col: error: message` and makes the command exit with 2.
class SourceError : public std::runtime_error {
 public:
  /// `message` says what is wrong and what was expected, in one line.
  SourceError(const SourceLocation& where, const std::string& message);

  const SourceLocation& where() const { return where_; }
  /// What is wrong, without the place.
  const std::string& message() const { return message_; }

 private:
  SourceLocation where_;
  std::string message_;
};

}  // namespace rtlgen
