/*

The leading pair of a number: where, of its WIDTH / 2 pairs of bits, the first
one from the top stands that is not zero; the last pair if there is none.

The place is a number of DIGITS digits of base 4, of which the first is known at
once, and each further one is chosen among four by the one before (see
normalize_shift): so no digit waits for a carry. The digit of a group of 4^m
pairs tells in which of its four parts the leading pair of the group stands.

digits: of the groups of 4 pairs from the top one on, then of those of 16, and
so on, two bits each from bit 0 on; the number's first digit is the last.

Latency: 0 (combinational)

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module leading_pairs #(
    // Bits of x, even
    parameter integer WIDTH = 28,
    // Digits of the place, >= 1: 4^DIGITS pairs are at least as many as there are
    parameter integer DIGITS = 2
) (
    input  wire [WIDTH-1:0]               x,
    output wire [2*((4**DIGITS-1)/3)-1:0] digits
);

localparam integer PAIRS = WIDTH / 2;
localparam integer PLACES = 4**DIGITS;

// pair[p]: the leading pair is p or one before, where it is not one before p
wire [PLACES-1:0] pair;
wire _unused = &{1'b0, pair, x[1:0]};

genvar p, m, g;

generate
    for (p = 0; p < PLACES; p = p + 1) begin : place
        if (p < PAIRS - 1) begin : bits_of_x
            assign pair[p] = |x[WIDTH-2-2*p +: 2];
        end else begin : end_mark
            assign pair[p] = 1'b1;
        end
    end

    for (m = 1; m <= DIGITS; m = m + 1) begin : level
        localparam integer SIZE = 4**m;
        localparam integer PART = SIZE / 4;
        // Digits of smaller groups
        localparam integer BEFORE = (PLACES - 4**(DIGITS-m+1)) / 3;

        for (g = 0; g < PLACES / SIZE; g = g + 1) begin : group
            wire first = |pair[g*SIZE +: PART];
            wire second = |pair[g*SIZE+PART +: PART];
            wire third = |pair[g*SIZE+2*PART +: PART];

            assign digits[2*(BEFORE+g) +: 2] = first ? 2'd0 : second ? 2'd1 : third ? 2'd2 : 2'd3;
        end
    end
endgenerate

endmodule

`resetall
