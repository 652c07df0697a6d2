/*

The nearest number from LOW to HIGH: y = min(max(x, LOW), HIGH). Combinational.

x, y, LOW and HIGH are signed, W bits.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module limit #(
    // Width of x and y in bits
    parameter integer W = 8,
    // Smallest result
    parameter [W-1:0] LOW = 0,
    // Largest result
    parameter [W-1:0] HIGH = 0
) (
    input  wire [W-1:0] x,
    output wire [W-1:0] y
);

wire below = $signed(x) < $signed(LOW);
wire above = $signed(x) > $signed(HIGH);

assign y = below ? LOW : above ? HIGH : x;

endmodule

`resetall
