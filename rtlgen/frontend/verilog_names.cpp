#include "rtlgen/frontend/verilog_names.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>

#include "rtlgen/netlist/rtl_library.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMaxIdentifier = 64;

// IEEE 1364-2005, annex B.
constexpr const char* kVerilogKeywords =
    "always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default "
    "defparam design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive "
    "endspecify endtable endtask event for force forever fork function generate genvar highz0 highz1 if ifnone "
    "incdir include initial inout input instance integer join large liblist library localparam macromodule medium "
    "module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive "
    "pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat "
    "rnmos rpmos rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam strong0 strong1 "
    "supply0 supply1 table task time tran tranif0 tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire "
    "vectored wait wand weak0 weak1 while wire wor xnor xor";

// IEEE 1800-2017, annex B: those that Verilog does not have.
constexpr const char* kSystemVerilogKeywords =
    "accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte "
    "chandle checker class clocking const constraint context continue cover covergroup coverpoint cross dist do "
    "endchecker endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum "
    "eventually expect export extends extern final first_match foreach forkjoin global iff ignore_bins "
    "illegal_bins implements implies import inside int interconnect interface intersect join_any join_none let "
    "local logic longint matches modport nettype new nexttime null package packed priority program property "
    "protected pure rand randc randcase randsequence ref reject_on restrict return s_always s_eventually "
    "s_nexttime s_until s_until_with sequence shortint shortreal soft solve static string strong struct super "
    "sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef union unique "
    "unique0 until until_with untyped var virtual void wait_order weak wildcard with within";

// IEEE 1076-2019, 15.10.
constexpr const char* kVhdlKeywords =
    "abs access after alias all and architecture array assert assume assume_guarantee attribute begin block body "
    "buffer bus case component configuration constant context cover default disconnect downto else elsif end "
    "entity exit fairness file for force function generate generic group guarded if impure in inertial inout is "
    "label library linkage literal loop map mod nand new next nor not null of on open or others out package "
    "parameter port postponed private procedure process property protected pure range record register reject "
    "release rem report restrict restrict_guarantee return rol ror select sequence severity shared signal sla sll "
    "sra srl strong subtype then to transport type unaffected units until use variable view vmode vpkg vprop "
    "vunit wait when while with xnor xor";

// ISO C++20, lex.key.
constexpr const char* kCppKeywords =
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class "
    "co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype "
    "default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline "
    "int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public "
    "register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch "
    "template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile "
    "wchar_t while xor xor_eq";

constexpr const char* kPorts =
    "clk rst in_valid in_first in_data in_count in_mask out_valid out_first out_last out_data";

constexpr const char* kInnerNames = "LATENCY INTERVAL _contract _unused";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string in_small_letters(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return name;
}

std::set<std::string> words(const char* text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// Names that belong to something, and whether capital letters make another name of them there.
struct Owner {
  std::string what;
  bool by_case;
  std::set<std::string> names;  ///< in small letters where not `by_case`
};

std::vector<Owner> make_owners() {
  // On some file systems modules whose names differ in capital letters are one file.
  Owner library{"library module", false, {}};
  for (const auto& module : rtl_library()) {
    library.names.insert(module.first);
  }
  return {{"Verilog keyword", true, words(kVerilogKeywords)},
          {"SystemVerilog keyword", true, words(kSystemVerilogKeywords)},
          {"VHDL keyword", false, words(kVhdlKeywords)},
          {"C++ keyword", true, words(kCppKeywords)},
          {"port of the core", false, words(kPorts)},
          {"inner name of the core", true, words(kInnerNames)},
          std::move(library)};
}

const std::vector<Owner>& owners() {
  static const std::vector<Owner> kOwners = make_owners();
  return kOwners;
}

/// Whether it is one of the wires that tell where the beats of an event are: token_0_valid.
bool is_control_wire(const std::string& name) {
  const std::size_t digits = name.find('_') + 1;
  const std::size_t end = name.find_first_not_of("0123456789", digits);
  const auto is_one_of = [](const std::string& text, const char* list) { return words(list).count(text) > 0; };
  return digits > 0 && end != std::string::npos && end > digits &&
         is_one_of(name.substr(0, digits), "token_ replay_ event_") &&
         is_one_of(name.substr(end), "_valid _first _last");
}

}  // namespace

std::vector<std::string> reserved_names() {
  std::vector<std::string> names;
  for (const Owner& owner : owners()) {
    names.insert(names.end(), owner.names.begin(), owner.names.end());
  }
  return names;
}

std::string reserved_as(const std::string& name) {
  for (const Owner& owner : owners()) {
    if (owner.names.count(owner.by_case ? name : in_small_letters(name)) > 0) {
      return owner.what;
    }
  }
  return is_control_wire(name) ? "inner name of the core" : name.rfind("sc_", 0) == 0 ? "SystemC name" : "";
}

bool is_verilog_identifier(const std::string& name) {
  return !name.empty() && name.size() <= kMaxIdentifier && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace rtlgen
