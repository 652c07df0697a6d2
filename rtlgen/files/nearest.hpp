// Spelling help.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

/// The candidate most like `word`, or an empty text where none is close.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// `; did you mean 'x'?` or an empty text.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

/// The words with commas between them.
std::string join(const std::vector<std::string>& words);

}  // namespace rtlgen
