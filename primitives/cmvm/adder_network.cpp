#include "primitives/cmvm/adder_network.hpp"

#include <algorithm>
#include <limits>

#include "primitives/cmvm/value_bits.hpp"

namespace rtlgen {
namespace {

/// Level bound of a value that nothing uses yet.
constexpr int kUnbounded = std::numeric_limits<int>::max();

Interval scaled(const Interval& interval, int shift, bool negative) {
  const std::int64_t factor = std::int64_t{1} << shift;
  return negative ? Interval{-interval.hi * factor, -interval.lo * factor}
                  : Interval{interval.lo * factor, interval.hi * factor};
}

void set_bits(NetworkValue& value) {
  value.bits = value_bits(value.interval);
  value.has_sign = value.interval.lo < 0 && value.interval.hi >= 0;
}

}  // namespace

AdderNetwork::AdderNetwork(const std::vector<Interval>& inputs, const TernaryLevels& ternary)
    : inputs_(inputs), ternary_(ternary) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const int value = allocate();
    NetworkValue& leaf = values_[static_cast<std::size_t>(value)];
    leaf.kind = NetworkValue::Kind::leaf;
    leaf.hash = LinearHash::unit(i);
    leaf.parity = LinearHash::random_word(i + (std::uint64_t{1} << 32));
    leaf.interval = inputs[i];
    set_bits(leaf);
    leaf.form = LinearForm::unit(i);
    table_.insert(leaf.hash.unsigned_key(), value);
    ++leaves_;
  }
}

int AdderNetwork::allocate() {
  if (!free_.empty()) {
    const int value = free_.back();
    free_.pop_back();
    return value;
  }
  values_.emplace_back();
  return size() - 1;
}

Interval AdderNetwork::interval_of_sum(const Term& a, const Term& b) const {
  const auto factor = [](const Term& term) { return (term.negative ? -1 : 1) * (std::int64_t{1} << term.shift); };
  LinearForm sum;
  sum.set_sum(factor(a), form(a.value), factor(b), form(b.value));
  Interval interval{0, 0};
  for (std::size_t i = sum.first(); i < sum.end(); ++i) {
    interval = interval + sum[i] * inputs_[i];
  }
  return interval;
}

/// Interval and parity from the coefficients.
void AdderNetwork::refresh_interval(int value) {
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  v.interval = {0, 0};
  v.parity = 0;
  for (std::size_t i = v.form.first(); i < v.form.end(); ++i) {
    const std::int64_t factor = v.form[i];
    const Interval& input = inputs_[i];
    v.interval.lo += factor * (factor > 0 ? input.lo : input.hi);
    v.interval.hi += factor * (factor > 0 ? input.hi : input.lo);
    if ((factor & 1) != 0) {
      v.parity ^= values_[i].parity;
    }
  }
  set_bits(v);
}

int AdderNetwork::add_output(const std::vector<std::int64_t>& coefficients, int latest_level) {
  const int value = allocate();
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  v.form = LinearForm(coefficients);
  v.kind = NetworkValue::Kind::adder;
  v.output_level = latest_level;
  v.latest = latest_level;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const std::int64_t c = coefficients[i];
    const LinearHash unit = values_[i].hash;
    for (int bit = 0; bit < 60; ++bit) {
      if (((static_cast<std::uint64_t>(c < 0 ? -c : c) >> bit) & 1U) != 0) {
        v.hash = v.hash + (c < 0 ? -unit.shifted(bit) : unit.shifted(bit));
      }
    }
  }
  refresh_interval(value);
  table_.insert(v.hash.unsigned_key(), value);
  return value;
}

void AdderNetwork::release_output(int value) {
  values_[static_cast<std::size_t>(value)].output_level = -1;
  changed_.push_back(value);
  update_levels();
  remove_unused({value});
  update_levels();
}

int AdderNetwork::copy(const AdderNetwork& from, int value) {
  const int result = allocate();
  NetworkValue& v = values_[static_cast<std::size_t>(result)];
  v = NetworkValue{};
  v.hash = from[value].hash;
  v.parity = from[value].parity;
  v.form = from.form(value);
  v.interval = from[value].interval;
  set_bits(v);
  table_.insert(v.hash.unsigned_key(), result);
  return result;
}

int AdderNetwork::add_leaf(const AdderNetwork& from, int value, int level) {
  const int result = copy(from, value);
  NetworkValue& v = values_[static_cast<std::size_t>(result)];
  v.kind = NetworkValue::Kind::leaf;
  v.earliest = level;
  v.latest = level;
  ++leaves_;
  return result;
}

int AdderNetwork::add_copy(const AdderNetwork& from, int value, int latest_level) {
  const int result = copy(from, value);
  NetworkValue& v = values_[static_cast<std::size_t>(result)];
  v.kind = NetworkValue::Kind::adder;
  v.output_level = latest_level;
  v.latest = latest_level >= 0 ? latest_level : kUnbounded;
  return result;
}

Term AdderNetwork::translated(const AdderNetwork& from, const Term& term) const {
  if (term.value < 0) {
    return {};
  }
  const LinearHash hash = from[term.value].hash;
  const int value = find(hash.unsigned_key());
  return {value, term.shift, term.negative != !((*this)[value].hash == hash)};
}

std::uint64_t AdderNetwork::key_of_sum(const LeveledTerm& first, const LeveledTerm& second) const {
  const Term& a = first.term;
  const Term& b = second.term;
  const LinearHash sum = (first.hash + second.hash).shifted(-std::min(a.shift, b.shift));
  if (a.shift != b.shift || first.parity != second.parity) {
    return sum.unsigned_key();
  }
  // All coefficients of the sum are even: find the common power of two.
  const std::uint64_t any = bits_of_sum(form(a.value), form(b.value), a.negative != b.negative);
  const std::uint64_t odd = any == 0 ? 0 : sum.shifted(-__builtin_ctzll(any)).unsigned_key();
  return table_.find(odd) >= 0 ? odd : sum.unsigned_key();
}

/// Bit positions in which two varying operand bits meet that did not meet in the position below; `width` is that of the
/// sum. The shorter shift is 0. As adder_luts(), but signs may still turn, so none is taken to stand in the way.
int AdderNetwork::overlap(const Term& a, const Term& b, int width) const {
  const NetworkValue& va = (*this)[a.value];
  const NetworkValue& vb = (*this)[b.value];
  const int common = std::min(a.shift, b.shift);
  const int end_a = va.bits + a.shift - common;
  const int end_b = vb.bits + b.shift - common;
  int end = std::min(width, std::max(end_a, end_b));
  if (va.bits == 0 || vb.bits == 0) {
    return std::max(0, end) / 2;  // where the constant has ones, say in every other place
  }
  end = va.has_sign ? end : std::min(end, end_a);
  end = vb.has_sign ? end : std::min(end, end_b);
  return std::max(0, end - (std::max(a.shift, b.shift) - common));
}

/// The same of three operands: positions in which two vary, counting what the position below hands on where three do,
/// and not all bits are those that met there.
int AdderNetwork::overlap(const std::array<Term, 3>& sum, int width) const {
  const int common = std::min({sum[0].shift, sum[1].shift, sum[2].shift});
  std::array<int, 3> last{-1, -1, -1};
  bool last_handed = false;
  bool still = false;  // what is handed on was the same one position below
  int luts = 0;
  for (int position = 0; position < width; ++position) {
    std::array<int, 3> met{-1, -1, -1};
    int varying = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const NetworkValue& v = (*this)[sum[i].value];
      const int index = position - (sum[i].shift - common);
      if (index >= 0 && v.bits > 0 && (index < v.bits || v.has_sign)) {
        met[i] = std::min(index, v.bits - 1);
        ++varying;
      }
    }
    const bool same = met == last;
    luts += varying + (last_handed ? 1 : 0) >= 2 && !(same && still) ? 1 : 0;
    const bool handed = varying + (last_handed ? 1 : 0) > 2 && varying >= 2;
    still = same && handed == last_handed;
    last = met;
    last_handed = handed;
  }
  return luts;
}

int AdderNetwork::estimate_cost(const Term& a, const Term& b) const {
  const int common = std::min(a.shift, b.shift);
  const Interval left = scaled((*this)[a.value].interval, a.shift - common, false);
  const Interval right = scaled((*this)[b.value].interval, b.shift - common, a.negative != b.negative);
  return overlap(a, b, value_bits({left.lo + right.lo, left.hi + right.hi}));
}

Term AdderNetwork::draft(const Term& a, const Term& b) {
  const int value = allocate();
  drafts_.push_back(value);
  const int common = std::min(a.shift, b.shift);
  const bool flip = a.negative;  // the draft is |a| +- |b|, so that its sign depends on the pair alone
  const std::int64_t left = std::int64_t{1} << (a.shift - common);
  const std::int64_t right = (a.negative != b.negative ? -1 : 1) * (std::int64_t{1} << (b.shift - common));
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  v.form.set_sum(left, form(a.value), right, form(b.value));
  const LinearHash ha = (*this)[a.value].hash.shifted(a.shift - common);
  const LinearHash hb = (*this)[b.value].hash.shifted(b.shift - common);
  v.kind = NetworkValue::Kind::adder;
  v.hash = ha + (right < 0 ? -hb : hb);
  v.a = {a.value, a.shift - common, false};
  v.b = {b.value, b.shift - common, right < 0};
  v.c = {};
  v.output_level = -1;
  v.users.clear();
  refresh_interval(value);
  v.cost = overlap(v.a, v.b, v.bits);
  return {value, common, flip};
}

void AdderNetwork::discard_drafts() {
  for (auto draft = drafts_.rbegin(); draft != drafts_.rend(); ++draft) {
    values_[static_cast<std::size_t>(*draft)].kind = NetworkValue::Kind::unused;
    free_.push_back(*draft);
  }
  drafts_.clear();
}

void AdderNetwork::discard_drafts(const std::vector<int>& values) {
  if (values.empty()) {
    return;
  }
  for (const int value : values) {
    values_[static_cast<std::size_t>(value)].kind = NetworkValue::Kind::unused;
    free_.push_back(value);
  }
  const auto gone = [&](int draft) { return (*this)[draft].kind == NetworkValue::Kind::unused; };
  drafts_.erase(std::remove_if(drafts_.begin(), drafts_.end(), gone), drafts_.end());
}

void AdderNetwork::make_ternary(int draft, const std::array<Term, 3>& sum) {
  NetworkValue& v = values_[static_cast<std::size_t>(draft)];
  v.a = sum[0];
  v.b = sum[1];
  v.c = sum[2];
  v.cost = cost_of(draft, v.a, v.b, v.c);
}

void AdderNetwork::hide(int value) {
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  table_.erase(v.hash.unsigned_key());
  v.hidden = true;
}

void AdderNetwork::reveal(int value) {
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  table_.insert(v.hash.unsigned_key(), value);
  v.hidden = false;
}

int AdderNetwork::cost_of(int value, const Term& a, const Term& b, const Term& c) const {
  return c.value < 0 ? overlap(a, b, (*this)[value].bits) : overlap({a, b, c}, (*this)[value].bits);
}

void AdderNetwork::connect(int value) {
  const NetworkValue& v = (*this)[value];
  for (const int operand : v.operands()) {
    if (operand >= leaves_) {
      values_[static_cast<std::size_t>(operand)].users.push_back(value);
      changed_.push_back(operand);
    }
  }
  total_cost_ += v.cost;
  changed_.push_back(value);
}

void AdderNetwork::disconnect(int value) {
  const NetworkValue& v = (*this)[value];
  for (const int operand : v.operands()) {
    if (operand >= leaves_) {
      std::vector<int>& users = values_[static_cast<std::size_t>(operand)].users;
      users.erase(std::find(users.begin(), users.end(), value));
      changed_.push_back(operand);
    }
  }
  total_cost_ -= v.cost;
}

void AdderNetwork::adopt_drafts() {
  for (const int draft : drafts_) {
    NetworkValue& v = values_[static_cast<std::size_t>(draft)];
    table_.insert(v.hash.unsigned_key(), draft);
    v.latest = kUnbounded;
    connect(draft);
  }
  drafts_.clear();
}

void AdderNetwork::redefine(int value, const Term& a, const Term& b, const Term& c) {
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  if (v.a.value >= 0) {
    disconnect(value);
  }
  v.a = a;
  v.b = b;
  v.c = c;
  v.cost = cost_of(value, a, b, c);
  connect(value);
}

void AdderNetwork::remove_unused(std::vector<int> values) {
  while (!values.empty()) {
    const int value = values.back();
    values.pop_back();
    const NetworkValue& v = (*this)[value];
    if (v.kind == NetworkValue::Kind::adder && v.users.empty() && v.output_level < 0) {
      for (const int operand : v.operands()) {
        if (operand >= 0) {
          values.push_back(operand);
        }
      }
      remove(value);
    }
  }
}

void AdderNetwork::remove(int value) {
  disconnect(value);
  NetworkValue& v = values_[static_cast<std::size_t>(value)];
  if (!v.hidden) {
    table_.erase(v.hash.unsigned_key());
  }
  v.hidden = false;
  v.kind = NetworkValue::Kind::unused;
  free_.push_back(value);
}

int AdderNetwork::adders() const {
  const auto is_adder = [](const NetworkValue& v) { return v.kind == NetworkValue::Kind::adder; };
  return static_cast<int>(std::count_if(values_.begin(), values_.end(), is_adder));
}

std::size_t AdderNetwork::bytes() const {
  constexpr std::size_t kOfValue = 300;
  std::size_t bytes = kOfValue * values_.size();
  for (const NetworkValue& v : values_) {
    bytes += sizeof(std::int64_t) * (v.form.end() - v.form.first());
  }
  return bytes;
}

void AdderNetwork::update_levels() {
  std::vector<int> work;
  const auto is_adder = [&](int value) { return (*this)[value].kind == NetworkValue::Kind::adder; };
  std::copy_if(changed_.begin(), changed_.end(), std::back_inserter(work), is_adder);
  changed_.swap(work);
  work = changed_;
  while (!work.empty()) {
    NetworkValue& v = values_[static_cast<std::size_t>(work.back())];
    work.pop_back();
    int level = std::max((*this)[v.a.value].earliest, (*this)[v.b.value].earliest);
    level = v.is_ternary() ? ternary_.behind(std::max(level, (*this)[v.c.value].earliest)) : level + 1;
    if (level != v.earliest) {
      v.earliest = level;
      work.insert(work.end(), v.users.begin(), v.users.end());
    }
  }
  work.swap(changed_);
  changed_.clear();
  while (!work.empty()) {
    NetworkValue& v = values_[static_cast<std::size_t>(work.back())];
    work.pop_back();
    int level = v.output_level >= 0 ? v.output_level : kUnbounded;
    for (const int user : v.users) {
      level = std::min(level, operand_level(user, (*this)[user].latest));
    }
    if (level != v.latest) {
      v.latest = level;
      for (const int operand : v.operands()) {
        if (operand >= leaves_) {
          work.push_back(operand);
        }
      }
    }
  }
}

}  // namespace rtlgen
