/*

Square of a small number by table: y = (a + carry)^2, one LUT of up to six
inputs a bit. Combinational.

a: signed or unsigned by parameter, A_W <= 6 bits; y: unsigned, 2 * A_W bits.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module square_table #(
    // Width of a in bits
    parameter integer A_W = 4,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1
) (
    input  wire [A_W-1:0]   a,
    input  wire             carry,
    output wire [2*A_W-1:0] y
);

localparam integer ENTRIES = 2 << A_W;
localparam integer Y_W = 2 * A_W;

// Bit `place` of the squares of all {a, carry}
function [ENTRIES-1:0] bit_of_squares(input integer place);
    integer entry;
    integer factor;
    begin
        for (entry = 0; entry < ENTRIES; entry = entry + 1) begin
            factor = (entry >> 1) + (entry & 1);
            if (A_SIGNED != 0 && (entry >> A_W) != 0) factor = factor - (1 << A_W);
            factor = factor * factor;
            bit_of_squares[entry] = (factor >> place) % 2 != 0;
        end
    end
endfunction

wire [A_W:0] index = {a, carry};

genvar k;

generate
    for (k = 0; k < Y_W; k = k + 1) begin : place
        localparam [ENTRIES-1:0] SQUARES = bit_of_squares(k);

        assign y[k] = SQUARES[index];
    end
endgenerate

endmodule

`resetall
