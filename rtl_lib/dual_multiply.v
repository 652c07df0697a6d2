/*

Two products with a shared factor by one multiplier: p1 = a1 * b, p2 = a2 * b.

(a1 << SHIFT) + a2 times b holds both, the second one in its SHIFT = A2_W + B_W
low bits. Where that is negative, it has borrowed 1 from the first one, which an
adder gives back. A DSP block of 27 x 18 bits takes the multiplication if A1_W +
A2_W + B_W <= 26 and B_W <= 18 (Fu et al., Deep Learning with INT8 Optimization on
Xilinx Devices, 2017).

Steps: 4. 0: the operands are packed; 1: multiplication; 2: nothing, so that
registers in front of 2 and 3 are those in and behind a DSP block; 3: the borrow.
Latency: ones in REGISTERS.

a1, a2, b: signed; p1: signed, A1_W + B_W bits, p2: A2_W + B_W. Twin:
primitives/dual_multiply.hpp.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module dual_multiply #(
    // Width of a1 in bits
    parameter integer A1_W = 8,
    // Width of a2 in bits
    parameter integer A2_W = 8,
    // Width of b in bits
    parameter integer B_W = 8,
    // Bit i: a register in front of step i
    parameter [3:0] REGISTERS = 4'd0
) (
    input  wire                clk,
    input  wire [A1_W-1:0]     a1,
    input  wire [A2_W-1:0]     a2,
    input  wire [B_W-1:0]      b,
    output wire [A1_W+B_W-1:0] p1,
    output wire [A2_W+B_W-1:0] p2
);

localparam integer SHIFT = A2_W + B_W;
// The least a1 and a negative a2 need a bit more.
localparam integer PACKED_W = A1_W + SHIFT + 1;
localparam integer PRODUCT_W = A1_W + B_W + SHIFT;

wire [A1_W-1:0] a1_now;
wire [A2_W-1:0] a2_now;
wire [B_W-1:0] b_now;
wire [PACKED_W-1:0] both;
wire [PACKED_W-1:0] both_factors;
wire [B_W-1:0] b_factor;
wire [PRODUCT_W-1:0] product;
wire [PRODUCT_W-1:0] product_inside;
wire [PRODUCT_W-1:0] product_behind;

delay_line #(
    .WIDTH(A1_W+A2_W+B_W),
    .DEPTH(REGISTERS[0] ? 1 : 0)
) delay_line_operands (
    .clk(clk),
    .d({a1, a2, b}),
    .q({a1_now, a2_now, b_now})
);

assign both = {a1_now[A1_W-1], a1_now, {SHIFT{1'b0}}} + {{(PACKED_W-A2_W){a2_now[A2_W-1]}}, a2_now};

delay_line #(
    .WIDTH(PACKED_W+B_W),
    .DEPTH(REGISTERS[1] ? 1 : 0)
) delay_line_factors (
    .clk(clk),
    .d({both, b_now}),
    .q({both_factors, b_factor})
);

// Both factors in the width of the product, which holds both results: it is computed modulo 2^PRODUCT_W. With one bit of b
// the packed factor is as wide.
assign product = $signed({{B_W{both_factors[PACKED_W-1]}}, both_factors[PACKED_W-2:0]})
    * $signed({{(PRODUCT_W-B_W){b_factor[B_W-1]}}, b_factor});

delay_line #(
    .WIDTH(PRODUCT_W),
    .DEPTH(REGISTERS[2] ? 1 : 0)
) delay_line_inside (
    .clk(clk),
    .d(product),
    .q(product_inside)
);

delay_line #(
    .WIDTH(PRODUCT_W),
    .DEPTH(REGISTERS[3] ? 1 : 0)
) delay_line_behind (
    .clk(clk),
    .d(product_inside),
    .q(product_behind)
);

assign p2 = product_behind[SHIFT-1:0];

carry_add #(
    .X_W(A1_W+B_W),
    .Y_W(1),
    .SHIFT(0),
    .OUT_W(A1_W+B_W)
) carry_add_borrow (
    .x(product_behind[PRODUCT_W-1:SHIFT]),
    .y(1'b0),
    .carry(product_behind[SHIFT-1]),
    .sum(p1)
);

endmodule

`resetall
