/*

Product in LUTs: p = a * b. Up to six bits of both together it is a table, else a
heap of rows (row_heap); about half of what Yosys makes of a product, or less.

Steps: STEPS; 1 for a table, else from clog2(rows) to rows - 1, at least 1, with
rows as in lut_dot_product. More steps are fewer LUTs. Latency: ones in REGISTERS.

a, b: signed or unsigned by parameter; p: A_W + B_W bits, at most 60, unsigned if
both are. Twin: primitives/lut_multiply.hpp.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module lut_multiply #(
    // Width of a in bits
    parameter integer A_W = 8,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Width of b in bits
    parameter integer B_W = 8,
    // 1: b is signed, 0: unsigned
    parameter integer B_SIGNED = 1,
    // Steps
    parameter integer STEPS = 2,
    // Bit i: a register in front of step i
    parameter [STEPS-1:0] REGISTERS = {STEPS{1'b0}}
) (
    input  wire               clk,
    input  wire [A_W-1:0]     a,
    input  wire [B_W-1:0]     b,
    output wire [A_W+B_W-1:0] p
);

generate
    if (A_W + B_W <= 6) begin : tabled
        wire [A_W-1:0] a_now;
        wire [B_W-1:0] b_now;

        delay_line #(
            .WIDTH(A_W+B_W),
            .DEPTH(REGISTERS[0] ? 1 : 0)
        ) delay_line_inst (
            .clk(clk),
            .d({a, b}),
            .q({a_now, b_now})
        );

        product_table #(
            .A_W(A_W),
            .A_SIGNED(A_SIGNED),
            .B_W(B_W),
            .B_SIGNED(B_SIGNED)
        ) product_table_inst (
            .a(a_now),
            .b(b_now),
            .y(p)
        );
    end else begin : heap_of_rows
        lut_dot_product #(
            .COUNT(1),
            .A_W(A_W),
            .A_SIGNED(A_SIGNED),
            .B_W(B_W),
            .B_SIGNED(B_SIGNED),
            .STEPS(STEPS),
            .REGISTERS(REGISTERS)
        ) lut_dot_product_inst (
            .clk(clk),
            .a(a),
            .b(b),
            .y(p)
        );
    end
endgenerate

endmodule

`resetall
