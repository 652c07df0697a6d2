/*

Number of the beat on the wires: 0 at in_first, then one more with every valid
beat. Gaps between beats are legal. An event begins with in_first, so there is
no reset.

Latency: 0 (combinational; the count is a register)

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module beat_index #(
    // Beats of an event
    parameter integer BEATS = 4
) (
    input  wire                                       clk,

    input  wire                                       in_valid,
    input  wire                                       in_first,

    output wire [(BEATS > 1 ? $clog2(BEATS) : 1)-1:0] beat
);

generate
    if (BEATS == 1) begin : single
        wire _unused = &{1'b0, clk, in_valid, in_first};

        assign beat = 1'b0;
    end else begin : counter
        localparam integer BEAT_W = $clog2(BEATS);
        localparam integer LAST_BEAT = BEATS - 1;
        localparam [BEAT_W-1:0] LAST = LAST_BEAT[BEAT_W-1:0];

        reg [BEAT_W-1:0] count;

        assign beat = in_first ? {BEAT_W{1'b0}} : count;

        always @(posedge clk) begin
            if (in_valid) begin
                count <= beat == LAST ? {BEAT_W{1'b0}} : beat + 1'b1;
            end
        end
    end
endgenerate

endmodule

`resetall
