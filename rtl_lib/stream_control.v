/*

Finds the last beat of an event: counts the valid beats from in_first on.

Latency: 0; out_last belongs to the beat on the wires.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module stream_control #(
    // Beats of an event
    parameter integer BEATS = 4
) (
    input  wire clk,
    input  wire rst,

    input  wire in_valid,
    input  wire in_first,

    output wire out_last
);

generate
    if (BEATS == 1) begin : single
        wire _unused = &{1'b0, clk, rst, in_first};

        assign out_last = in_valid;
    end else begin : counter
        localparam integer BEAT_W = $clog2(BEATS);
        localparam integer LAST_BEAT = BEATS - 1;
        localparam [BEAT_W-1:0] LAST = LAST_BEAT[BEAT_W-1:0];

        reg [BEAT_W-1:0] count;

        wire [BEAT_W-1:0] beat = in_first ? {BEAT_W{1'b0}} : count;
        wire at_last = beat == LAST;

        always @(posedge clk) begin
            if (rst) begin
                count <= {BEAT_W{1'b0}};
            end else if (in_valid) begin
                count <= at_last ? {BEAT_W{1'b0}} : beat + 1'b1;
            end
        end

        assign out_last = in_valid && at_last;
    end
endgenerate

endmodule

`resetall
