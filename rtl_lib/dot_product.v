/*

Dot product of two vectors of COUNT signed values: y = sum a_i * b_i.

Exact: y has A_W + B_W + clog2(COUNT) bits.
Latency: MUL_STAGES + ceil(clog2(COUNT) / LEVELS).

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module dot_product #(
    // Number of elements
    parameter integer COUNT = 8,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // Width of an element of b in bits
    parameter integer B_W = 8,
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                             clk,
    input  wire [COUNT*A_W-1:0]             a,
    input  wire [COUNT*B_W-1:0]             b,
    output wire [A_W+B_W+$clog2(COUNT)-1:0] y
);

localparam integer P_W = A_W + B_W;

wire [COUNT*P_W-1:0] products;

genvar i;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : element
        multiply #(
            .A_W(A_W),
            .B_W(B_W),
            .STAGES(MUL_STAGES)
        ) multiply_inst (
            .clk(clk),
            .a(a[i*A_W +: A_W]),
            .b(b[i*B_W +: B_W]),
            .p(products[i*P_W +: P_W])
        );
    end
endgenerate

adder_tree #(
    .COUNT(COUNT),
    .IN_W(P_W),
    .LEVELS(LEVELS)
) adder_tree_inst (
    .clk(clk),
    .x(products),
    .sum(y)
);

endmodule

`resetall
