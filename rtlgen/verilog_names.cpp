#include "rtlgen/verilog_names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace rtlgen {
namespace {

constexpr std::size_t kMaxIdentifier = 64;

constexpr std::string_view kKeywords[] = {"always",
                                          "and",
                                          "assign",
                                          "automatic",
                                          "begin",
                                          "buf",
                                          "bufif0",
                                          "bufif1",
                                          "case",
                                          "casex",
                                          "casez",
                                          "cell",
                                          "cmos",
                                          "config",
                                          "deassign",
                                          "default",
                                          "defparam",
                                          "design",
                                          "disable",
                                          "edge",
                                          "else",
                                          "end",
                                          "endcase",
                                          "endconfig",
                                          "endfunction",
                                          "endgenerate",
                                          "endmodule",
                                          "endprimitive",
                                          "endspecify",
                                          "endtable",
                                          "endtask",
                                          "event",
                                          "for",
                                          "force",
                                          "forever",
                                          "fork",
                                          "function",
                                          "generate",
                                          "genvar",
                                          "highz0",
                                          "highz1",
                                          "if",
                                          "ifnone",
                                          "incdir",
                                          "include",
                                          "initial",
                                          "inout",
                                          "input",
                                          "instance",
                                          "integer",
                                          "join",
                                          "large",
                                          "liblist",
                                          "library",
                                          "localparam",
                                          "macromodule",
                                          "medium",
                                          "module",
                                          "nand",
                                          "negedge",
                                          "nmos",
                                          "nor",
                                          "noshowcancelled",
                                          "not",
                                          "notif0",
                                          "notif1",
                                          "or",
                                          "output",
                                          "parameter",
                                          "pmos",
                                          "posedge",
                                          "primitive",
                                          "pull0",
                                          "pull1",
                                          "pulldown",
                                          "pullup",
                                          "pulsestyle_ondetect",
                                          "pulsestyle_onevent",
                                          "rcmos",
                                          "real",
                                          "realtime",
                                          "reg",
                                          "release",
                                          "repeat",
                                          "rnmos",
                                          "rpmos",
                                          "rtran",
                                          "rtranif0",
                                          "rtranif1",
                                          "scalared",
                                          "showcancelled",
                                          "signed",
                                          "small",
                                          "specify",
                                          "specparam",
                                          "strong0",
                                          "strong1",
                                          "supply0",
                                          "supply1",
                                          "table",
                                          "task",
                                          "time",
                                          "tran",
                                          "tranif0",
                                          "tranif1",
                                          "tri",
                                          "tri0",
                                          "tri1",
                                          "triand",
                                          "trior",
                                          "trireg",
                                          "unsigned",
                                          "use",
                                          "uwire",
                                          "vectored",
                                          "wait",
                                          "wand",
                                          "weak0",
                                          "weak1",
                                          "while",
                                          "wire",
                                          "wor",
                                          "xnor",
                                          "xor"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_verilog_keyword(const std::string& name) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), name) != std::end(kKeywords);
}

bool is_verilog_identifier(const std::string& name) {
  return !name.empty() && name.size() <= kMaxIdentifier && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); }) &&
         !is_verilog_keyword(name);
}

}  // namespace rtlgen
