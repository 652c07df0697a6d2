/*

After a pulse on start: BEATS contiguous beats. Starts may come every BEATS
clocks; an earlier one cuts the running event short.

Latency: the first beat comes one clock after start.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module replay_control #(
    // Beats of an event
    parameter integer BEATS = 4
) (
    input  wire clk,
    input  wire rst,

    input  wire start,

    output wire out_valid,
    output wire out_first,
    output wire out_last
);

reg valid;

assign out_valid = valid;

generate
    if (BEATS == 1) begin : single
        always @(posedge clk) valid <= start && !rst;

        assign out_first = valid;
        assign out_last = valid;
    end else begin : counter
        localparam integer BEAT_W = $clog2(BEATS);
        localparam integer LAST_BEAT = BEATS - 1;
        localparam [BEAT_W-1:0] LAST = LAST_BEAT[BEAT_W-1:0];

        reg [BEAT_W-1:0] beat;

        wire at_last = beat == LAST;

        always @(posedge clk) begin
            if (rst) begin
                valid <= 1'b0;
            end else begin
                valid <= start || (valid && !at_last);
            end

            beat <= start ? {BEAT_W{1'b0}} : beat + 1'b1;
        end

        assign out_first = valid && beat == {BEAT_W{1'b0}};
        assign out_last = valid && at_last;
    end
endgenerate

endmodule

`resetall
