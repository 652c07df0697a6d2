/*

Delays the control of a stream; only the valid bits are reset.

Latency: DEPTH clocks; DEPTH = 0 is a set of wires.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module control_delay #(
    // Clocks from in to out, >= 0
    parameter integer DEPTH = 1
) (
    input  wire clk,
    input  wire rst,

    input  wire in_valid,
    input  wire in_first,
    input  wire in_last,

    output wire out_valid,
    output wire out_first,
    output wire out_last
);

generate
    if (DEPTH == 0) begin : wired
        wire _unused = &{1'b0, rst};

        assign out_valid = in_valid;
    end else begin : chain
        reg [DEPTH-1:0] valid_reg;

        // Bit i is in_valid of i clocks before.
        wire [DEPTH:0] valid = {valid_reg, in_valid};

        always @(posedge clk) begin
            if (rst) begin
                valid_reg <= {DEPTH{1'b0}};
            end else begin
                valid_reg <= valid[DEPTH-1:0];
            end
        end

        assign out_valid = valid[DEPTH];
    end
endgenerate

delay_line #(
    .WIDTH(2),
    .DEPTH(DEPTH)
) mark_delay (
    .clk(clk),
    .d({in_last, in_first}),
    .q({out_last, out_first})
);

endmodule

`resetall
