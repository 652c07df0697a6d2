/*

A shift register without reset: q is d of DEPTH clocks before.

Latency: DEPTH clocks; DEPTH = 0 is a wire. Each bit is a plain chain of
flip-flops, which synthesis turns into shift-register LUTs.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module delay_line #(
    // Width of the data in bits
    parameter integer WIDTH = 8,
    // Clocks from d to q, >= 0
    parameter integer DEPTH = 1
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);

generate
    if (DEPTH == 0) begin : wired
        wire _unused = &{1'b0, clk};

        assign q = d;
    end else if (DEPTH == 1) begin : single
        reg [WIDTH-1:0] tap;

        always @(posedge clk) tap <= d;

        assign q = tap;
    end else begin : chain
        // The youngest word stands in the lowest bits.
        reg [DEPTH*WIDTH-1:0] taps;

        always @(posedge clk) taps <= {taps[(DEPTH-1)*WIDTH-1:0], d};

        assign q = taps[(DEPTH-1)*WIDTH +: WIDTH];
    end
endgenerate

endmodule

`resetall
