#include "primitives/device_capacity.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace rtlgen {
namespace {

struct Part {
  const char* name;  // with all digits, so that what may follow is package and speed grade
  Cost capacity;     // LUT, FF, DSP, BRAM36
};

// From the product tables of AMD: DS890 (UltraScale, UltraScale+), DS891 and DS889 (Zynq), DS180 and DS190 (7 series).
constexpr Part kParts[] = {
    {"xcvu3p", {394080, 788160, 2280, 720}},      {"xcvu7p", {788160, 1576320, 4560, 1440}},
    {"xcvu9p", {1182240, 2364480, 6840, 2160}},   {"xcvu11p", {1296000, 2592000, 9216, 2016}},
    {"xcvu13p", {1728000, 3456000, 12288, 2688}}, {"xcvu19p", {4085760, 8171520, 3840, 2160}},
    {"xcvu27p", {1296000, 2592000, 9216, 2016}},  {"xcvu29p", {1728000, 3456000, 12288, 2688}},
    {"xcvu31p", {439680, 879360, 2880, 672}},     {"xcvu33p", {439680, 879360, 2880, 672}},
    {"xcvu35p", {871680, 1743360, 5952, 1344}},   {"xcvu37p", {1303680, 2607360, 9024, 2016}},
    {"xcvu45p", {871680, 1743360, 5952, 1344}},   {"xcvu47p", {1303680, 2607360, 9024, 2016}},
    {"xcvu095", {537600, 1075200, 768, 1728}},    {"xcvu125", {716160, 1432320, 1200, 2520}},
    {"xcvu190", {1074240, 2148480, 1800, 3780}},  {"xcvu440", {2532960, 5065920, 2880, 2520}},
    {"xcku035", {203128, 406256, 1700, 540}},     {"xcku040", {242400, 484800, 1920, 600}},
    {"xcku060", {331680, 663360, 2760, 1080}},    {"xcku085", {497520, 995040, 4100, 1620}},
    {"xcku095", {537600, 1075200, 768, 1680}},    {"xcku115", {663360, 1326720, 5520, 2160}},
    {"xcku3p", {162720, 325440, 1368, 360}},      {"xcku5p", {216960, 433920, 1824, 480}},
    {"xcku9p", {274080, 548160, 2520, 912}},      {"xcku11p", {298560, 597120, 2928, 600}},
    {"xcku13p", {341280, 682560, 3528, 744}},     {"xcku15p", {522720, 1045440, 1968, 984}},
    {"xczu2eg", {47232, 94464, 240, 150}},        {"xczu3eg", {70560, 141120, 360, 216}},
    {"xczu4ev", {87840, 175680, 728, 128}},       {"xczu5ev", {117120, 234240, 1248, 144}},
    {"xczu7ev", {230400, 460800, 1728, 312}},     {"xczu9eg", {274080, 548160, 2520, 912}},
    {"xczu11eg", {298560, 597120, 2928, 600}},    {"xczu15eg", {341280, 682560, 3528, 744}},
    {"xczu19eg", {522720, 1045440, 1968, 984}},   {"xczu28dr", {425280, 850560, 4272, 1080}},
    {"xczu48dr", {425280, 850560, 4272, 1080}},   {"xck26", {117120, 234240, 1248, 144}},
    {"xc7a35t", {20800, 41600, 90, 50}},          {"xc7a50t", {32600, 65200, 120, 75}},
    {"xc7a100t", {63400, 126800, 240, 135}},      {"xc7a200t", {134600, 269200, 740, 365}},
    {"xc7k70t", {41000, 82000, 240, 135}},        {"xc7k160t", {101400, 202800, 600, 325}},
    {"xc7k325t", {203800, 407600, 840, 445}},     {"xc7k410t", {254200, 508400, 1540, 795}},
    {"xc7k480t", {298600, 597200, 1920, 955}},    {"xc7vx330t", {204000, 408000, 1120, 750}},
    {"xc7vx485t", {303600, 607200, 2800, 1030}},  {"xc7vx550t", {346400, 692800, 2880, 1180}},
    {"xc7vx690t", {433200, 866400, 3600, 1470}},  {"xc7v2000t", {1221600, 2443200, 2160, 1292}},
    {"xc7z010", {17600, 35200, 80, 60}},          {"xc7z020", {53200, 106400, 220, 140}},
    {"xc7z030", {78600, 157200, 400, 265}},       {"xc7z035", {171900, 343800, 900, 500}},
    {"xc7z045", {218600, 437200, 900, 545}},      {"xc7z100", {277400, 554800, 2020, 755}},
};

/// Whether `device` is this part, not one whose number goes on.
bool is_part(const std::string& device, const std::string& part) {
  const bool begins = device.compare(0, part.size(), part) == 0;
  return begins && (device.size() == part.size() || std::isdigit(static_cast<unsigned char>(device[part.size()])) == 0);
}

}  // namespace

std::optional<Cost> device_capacity(const std::string& device) {
  const auto* const part = std::find_if(std::begin(kParts), std::end(kParts),
                                        [&](const Part& known) { return is_part(device, known.name); });
  return part == std::end(kParts) ? std::nullopt : std::optional(part->capacity);
}

}  // namespace rtlgen
