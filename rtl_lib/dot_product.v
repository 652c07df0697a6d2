/*

Dot product of two vectors of COUNT signed values: y = sum a_i * b_i.

Exact: y has A_W + B_W + clog2(COUNT) bits.
Steps of DSP blocks: the two of multiply, and clog2(COUNT) levels of adders; of
LUTs: those of lut_dot_product.
Latency: ones in REGISTERS.

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
    // Steps of products of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // Bit i: a register in front of step i; bits of no step are not looked at
    parameter [31:0] REGISTERS = 0
) (
    input  wire                             clk,
    input  wire [COUNT*A_W-1:0]             a,
    input  wire [COUNT*B_W-1:0]             b,
    output wire [A_W+B_W+$clog2(COUNT)-1:0] y
);

localparam integer P_W = A_W + B_W;
localparam [31:0] OWN_REGISTERS = REGISTERS & ~(32'hffffffff << (LUT_STEPS == 0 ? 2 + $clog2(COUNT) : LUT_STEPS));

genvar i;

generate
    if (LUT_STEPS != 0) begin : of_luts
        lut_dot_product #(
            .COUNT(COUNT),
            .A_W(A_W),
            .B_W(B_W),
            .STEPS(LUT_STEPS),
            .REGISTERS(OWN_REGISTERS[LUT_STEPS-1:0])
        ) lut_dot_product_inst (
            .clk(clk),
            .a(a),
            .b(b),
            .y(y)
        );
    end else begin : of_dsp
        wire [COUNT*P_W-1:0] products;

        for (i = 0; i < COUNT; i = i + 1) begin : element
            multiply #(
                .A_W(A_W),
                .B_W(B_W),
                .REGISTERS(OWN_REGISTERS)
            ) multiply_inst (
                .clk(clk),
                .a(a[i*A_W +: A_W]),
                .b(b[i*B_W +: B_W]),
                .p(products[i*P_W +: P_W])
            );
        end

        adder_tree #(
            .COUNT(COUNT),
            .IN_W(P_W),
            .REGISTERS(OWN_REGISTERS >> 2)
        ) adder_tree_inst (
            .clk(clk),
            .x(products),
            .sum(y)
        );
    end
endgenerate

endmodule

`resetall
