/*

reciprocal: y ~ 1 / x, as a table of the normalised x and a left shift

    lz = min(leading zeros of x in IN_W bits, LZ_MAX), m = x << lz
    y = TABLE[the INDEX_W bits of m below its top bit] << lz

Latency: STAGES (1: output register; 2: also one after index and lz)

x: unsigned IN_W bits
y: unsigned TABLE_W + LZ_MAX bits

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module reciprocal #(
    // Bits of the input
    parameter integer IN_W = 12,
    // Bits of the table's index
    parameter integer INDEX_W = 6,
    // Bits of a table entry
    parameter integer TABLE_W = 8,
    // The largest normalising shift
    parameter integer LZ_MAX = IN_W - 1,
    // Registers: 1 or 2
    parameter integer STAGES = 1,
    // 1 / (1 + i / 2^INDEX_W) for each index i, entry i at [i*TABLE_W +: TABLE_W]
    parameter [2**INDEX_W*TABLE_W-1:0] TABLE = 0
) (
    input  wire                      clk,
    input  wire [IN_W-1:0]           x,
    output wire [TABLE_W+LZ_MAX-1:0] y
);

localparam integer LZ_W = LZ_MAX > 0 ? $clog2(LZ_MAX+1) : 1;
localparam integer PORT_W = INDEX_W > 0 ? INDEX_W : 1;
localparam integer OUT_W = TABLE_W + LZ_MAX;

wire [LZ_W-1:0] lz;

leading_zeros #(
    .WIDTH(IN_W),
    .LIMIT(LZ_MAX)
) leading_zeros_inst (
    .x(x),
    .count(lz)
);

// zeros below x, so that there are always INDEX_W bits below the top bit
wire [IN_W+PORT_W-1:0] normal = {x, {PORT_W{1'b0}}} << lz;
wire [PORT_W-1:0]      index = normal[IN_W+PORT_W-2 -: PORT_W];

wire _unused = &{1'b0, normal};

wire [PORT_W-1:0] table_index;
wire [LZ_W-1:0]   table_shift;

delay_line #(
    .WIDTH(PORT_W + LZ_W),
    .DEPTH(STAGES - 1)
) index_delay_inst (
    .clk(clk),
    .d({index, lz}),
    .q({table_index, table_shift})
);

wire [TABLE_W-1:0] entry;
wire [OUT_W-1:0]   entry_wide = {{LZ_MAX{1'b0}}, entry};

table_lookup #(
    .INDEX_W(INDEX_W),
    .OUT_W(TABLE_W),
    .TABLE(TABLE)
) table_inst (
    .index(table_index),
    .y(entry)
);

reg [OUT_W-1:0] y_reg;

assign y = y_reg;

always @(posedge clk) begin
    y_reg <= entry_wide << table_shift;
end

endmodule

`resetall
