/*

Product of two small numbers by table: y = a * b, one LUT of up to six inputs a
bit.

For A_W + B_W <= 6, where no adder is smaller. Combinational.

a, b: signed or unsigned by parameter; y: A_W + B_W bits, unsigned if both are.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module product_table #(
    // Width of a in bits
    parameter integer A_W = 3,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Width of b in bits
    parameter integer B_W = 3,
    // 1: b is signed, 0: unsigned
    parameter integer B_SIGNED = 1
) (
    input  wire [A_W-1:0]     a,
    input  wire [B_W-1:0]     b,
    output wire [A_W+B_W-1:0] y
);

localparam integer P_W = A_W + B_W;
localparam integer ENTRIES = 1 << P_W;

// Bit `place` of the products of all {a, b}
function [ENTRIES-1:0] bit_of_products(input integer place);
    integer entry;
    integer factor_a;
    integer factor_b;
    begin
        for (entry = 0; entry < ENTRIES; entry = entry + 1) begin
            factor_a = entry >> B_W;
            factor_b = entry - (factor_a << B_W);
            if (A_SIGNED != 0 && factor_a >= (1 << (A_W - 1))) factor_a = factor_a - (1 << A_W);
            if (B_SIGNED != 0 && factor_b >= (1 << (B_W - 1))) factor_b = factor_b - (1 << B_W);
            factor_a = factor_a * factor_b;
            bit_of_products[entry] = (factor_a >> place) % 2 != 0;
        end
    end
endfunction

wire [P_W-1:0] index = {a, b};

genvar k;

generate
    for (k = 0; k < P_W; k = k + 1) begin : place
        localparam [ENTRIES-1:0] PRODUCTS = bit_of_products(k);

        assign y[k] = PRODUCTS[index];
    end
endgenerate

endmodule

`resetall
