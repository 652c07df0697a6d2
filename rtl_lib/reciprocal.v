/*

reciprocal: y ~ 1 / x, as a table of the normalised x and a left shift

    lz = min(leading zeros of x in IN_W bits, LZ_MAX), m = x << lz
    y = TABLE[the INDEX_W bits of m below its top bit] << lz

Steps: counting zeros, the shift to the index, the table, the shift of its entry.
Latency: ones in REGISTERS.

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
    // Bit i: a register in front of step i
    parameter [31:0] REGISTERS = 0,
    // 1 / (1 + i / 2^INDEX_W) for each index i, entry i at [i*TABLE_W +: TABLE_W]
    parameter [2**INDEX_W*TABLE_W-1:0] TABLE = 0
) (
    input  wire                      clk,
    input  wire [IN_W-1:0]           x,
    output wire [TABLE_W+LZ_MAX-1:0] y
);

localparam integer LZ_W = LZ_MAX > 0 ? $clog2(LZ_MAX+1) : 1;
localparam integer PORT_W = INDEX_W > 0 ? INDEX_W : 1;

wire [IN_W-1:0] counted_x;
wire [IN_W-1:0] normal_x;
wire [LZ_W-1:0] zeros;
wire [LZ_W-1:0] lz;
wire [LZ_W-1:0] index_lz;
wire [LZ_W-1:0] entry_lz;

delay_line #(
    .WIDTH(IN_W),
    .DEPTH(REGISTERS[0] ? 1 : 0)
) x_delay_inst (
    .clk(clk),
    .d(x),
    .q(counted_x)
);

leading_zeros #(
    .WIDTH(IN_W),
    .LIMIT(LZ_MAX)
) leading_zeros_inst (
    .x(counted_x),
    .count(zeros)
);

delay_line #(
    .WIDTH(IN_W + LZ_W),
    .DEPTH(REGISTERS[1] ? 1 : 0)
) zeros_delay_inst (
    .clk(clk),
    .d({counted_x, zeros}),
    .q({normal_x, lz})
);

// zeros below x, so that there are always INDEX_W bits below the top bit
wire [IN_W+PORT_W-1:0] normal = {normal_x, {PORT_W{1'b0}}} << lz;
wire [PORT_W-1:0]      index;

wire _unused = &{1'b0, normal};

delay_line #(
    .WIDTH(PORT_W + LZ_W),
    .DEPTH(REGISTERS[2] ? 1 : 0)
) index_delay_inst (
    .clk(clk),
    .d({normal[IN_W+PORT_W-2 -: PORT_W], lz}),
    .q({index, index_lz})
);

wire [TABLE_W-1:0] entry;
wire [TABLE_W-1:0] shifted;

table_lookup #(
    .INDEX_W(INDEX_W),
    .OUT_W(TABLE_W),
    .TABLE(TABLE)
) table_inst (
    .index(index),
    .y(entry)
);

delay_line #(
    .WIDTH(TABLE_W + LZ_W),
    .DEPTH(REGISTERS[3] ? 1 : 0)
) entry_delay_inst (
    .clk(clk),
    .d({entry, index_lz}),
    .q({shifted, entry_lz})
);

assign y = {{LZ_MAX{1'b0}}, shifted} << entry_lz;

endmodule

`resetall
