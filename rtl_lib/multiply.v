/*

Signed product p = a * b, A_W + B_W bits.

Latency: STAGES. 1: a register at the output; 2: at the inputs and the output;
3: at the inputs, the product and the output. No reset, so that a DSP block can
take all of them.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module multiply #(
    // Width of a in bits
    parameter integer A_W = 8,
    // Width of b in bits
    parameter integer B_W = 8,
    // Registers: 1, 2 or 3
    parameter integer STAGES = 1
) (
    input  wire               clk,
    input  wire [A_W-1:0]     a,
    input  wire [B_W-1:0]     b,
    output wire [A_W+B_W-1:0] p
);

localparam integer P_W = A_W + B_W;

wire signed [A_W-1:0] factor_a;
wire signed [B_W-1:0] factor_b;
wire signed [P_W-1:0] product;

reg [P_W-1:0] p_reg;

// Both factors in the width of the product: it is computed modulo 2^P_W.
assign product = $signed({{B_W{factor_a[A_W-1]}}, factor_a}) * $signed({{A_W{factor_b[B_W-1]}}, factor_b});

generate
    if (STAGES >= 2) begin : registered_inputs
        reg [A_W-1:0] a_reg;
        reg [B_W-1:0] b_reg;

        always @(posedge clk) begin
            a_reg <= a;
            b_reg <= b;
        end

        assign factor_a = a_reg;
        assign factor_b = b_reg;
    end else begin : direct_inputs
        assign factor_a = a;
        assign factor_b = b;
    end

    if (STAGES >= 3) begin : registered_product
        reg [P_W-1:0] product_reg;

        always @(posedge clk) begin
            product_reg <= product;
            p_reg <= product_reg;
        end
    end else begin : direct_product
        always @(posedge clk) p_reg <= product;
    end
endgenerate

assign p = p_reg;

endmodule

`resetall
