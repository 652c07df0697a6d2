/*

The mask bits of an event's tokens, all readable at once, DELAY clocks later
than a token_bank would have them.

Each valid beat brings LANES bits (1: a real token); at valid and last the event
is complete. Bit j of enable is that of token j and stays until the next event's
last beat. There may be gaps between the beats.

Latency: 1 + DELAY clocks from the last beat to enable.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module key_mask #(
    // Tokens of an event
    parameter integer TOKENS = 8,
    // Tokens of a beat
    parameter integer LANES = 2,
    // Clocks that the bits are used after the query, >= 0
    parameter integer DELAY = 0
) (
    input  wire              clk,
    input  wire              valid,
    input  wire              last,
    input  wire [LANES-1:0]  mask,
    output wire [TOKENS-1:0] enable
);

wire late_valid;
wire late_last;
wire [LANES-1:0] late_mask;

delay_line #(
    .WIDTH(2 + LANES),
    .DEPTH(DELAY)
) delay_inst (
    .clk(clk),
    .d({valid, last, mask}),
    .q({late_valid, late_last, late_mask})
);

token_bank #(
    .TOKENS(TOKENS),
    .LANES(LANES),
    .WIDTH(1)
) bank_inst (
    .clk(clk),
    .valid(late_valid),
    .last(late_last),
    .d(late_mask),
    .bank(enable)
);

endmodule

`resetall
