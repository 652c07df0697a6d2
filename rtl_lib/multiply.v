/*

Signed product p = a * b, A_W + B_W bits, of a DSP block or of LUTs.

Steps of a DSP block: the multiplication, and the addition in which it ends; a
register between them stands behind the whole product here, and is taken as the
one in the middle of the block. No reset, so that a DSP block can take it.
Steps of LUTs: those of lut_multiply. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module multiply #(
    // Width of a in bits
    parameter integer A_W = 8,
    // Width of b in bits
    parameter integer B_W = 8,
    // Steps of a product of LUTs; 0: a DSP block
    parameter integer LUT_STEPS = 0,
    // Bit i: a register in front of step i; bits of no step are not looked at
    parameter [31:0] REGISTERS = 0
) (
    input  wire               clk,
    input  wire [A_W-1:0]     a,
    input  wire [B_W-1:0]     b,
    output wire [A_W+B_W-1:0] p
);

localparam integer P_W = A_W + B_W;
localparam [31:0] OWN_REGISTERS = REGISTERS & ~(32'hffffffff << (LUT_STEPS == 0 ? 2 : LUT_STEPS));

generate
    if (LUT_STEPS != 0) begin : of_luts
        lut_multiply #(
            .A_W(A_W),
            .B_W(B_W),
            .STEPS(LUT_STEPS),
            .REGISTERS(OWN_REGISTERS[LUT_STEPS-1:0])
        ) lut_multiply_inst (
            .clk(clk),
            .a(a),
            .b(b),
            .p(p)
        );
    end else begin : of_dsp
        wire signed [A_W-1:0] factor_a;
        wire signed [B_W-1:0] factor_b;
        wire signed [P_W-1:0] product;

        // Both factors in the width of the product: it is computed modulo 2^P_W.
        assign product = $signed({{B_W{factor_a[A_W-1]}}, factor_a}) * $signed({{A_W{factor_b[B_W-1]}}, factor_b});

        if (OWN_REGISTERS == 0) begin : unclocked
            wire _unused = &{1'b0, clk};
        end

        if (OWN_REGISTERS[0]) begin : registered_factors
            reg [A_W-1:0] a_reg;
            reg [B_W-1:0] b_reg;

            always @(posedge clk) begin
                a_reg <= a;
                b_reg <= b;
            end

            assign factor_a = a_reg;
            assign factor_b = b_reg;
        end else begin : direct_factors
            assign factor_a = a;
            assign factor_b = b;
        end

        if (OWN_REGISTERS[1]) begin : registered_product
            reg [P_W-1:0] product_reg;

            always @(posedge clk) product_reg <= product;

            assign p = product_reg;
        end else begin : direct_product
            assign p = product;
        end
    end
endgenerate

endmodule

`resetall
