/*

Differences of COUNT signed values to the largest of the enabled ones:
y_i = x_i - max (REVERSED = 0) or y_i = max - x_i (REVERSED = 1).

Exact: IN_W + 1 bits. The difference of a value that is not enabled is that of
the lowest number; if none is, the largest is the lowest number.

Steps: the choice of the enabled values, clog2(COUNT) levels of compares, the
difference. Latency: ones in REGISTERS. enable comes REGISTERS[0] clocks after x.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module max_difference #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // 0: value - largest, 1: largest - value
    parameter integer REVERSED = 0,
    // Bit i: a register in front of step i
    parameter [31:0] REGISTERS = 0
) (
    input  wire                      clk,
    input  wire [COUNT-1:0]          enable,
    input  wire [COUNT*IN_W-1:0]     x,
    output wire [COUNT*(IN_W+1)-1:0] y
);

localparam integer LEVELS = $clog2(COUNT);
localparam integer Y_W = IN_W + 1;
localparam [IN_W-1:0] LOWEST = ~({IN_W{1'b1}} >> 1);

// The registers between two levels: one in front of the first is not in the
// tree, since the values that wait for the largest go through it as well.
localparam [31:0] TREE_REGISTERS = (REGISTERS >> 1) & ~32'd1 & ((32'd1 << LEVELS) - 32'd1);

function integer clocks_of(input [31:0] bits);
    integer n;
    begin
        clocks_of = 0;
        for (n = 0; n < 32; n = n + 1) clocks_of = clocks_of + (bits[n] ? 1 : 0);
    end
endfunction

wire [COUNT*IN_W-1:0] choosable;
wire [COUNT*IN_W-1:0] chosen;
wire [COUNT*IN_W-1:0] candidates;
wire [COUNT*IN_W-1:0] candidates_late;
wire [IN_W-1:0] largest;
wire [IN_W-1:0] largest_late;

delay_line #(
    .WIDTH(COUNT*IN_W),
    .DEPTH(REGISTERS[0] ? 1 : 0)
) x_delay_inst (
    .clk(clk),
    .d(x),
    .q(choosable)
);

genvar i;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : choice
        assign chosen[i*IN_W +: IN_W] = enable[i] ? choosable[i*IN_W +: IN_W] : LOWEST;
    end
endgenerate

delay_line #(
    .WIDTH(COUNT*IN_W),
    .DEPTH(REGISTERS[1] ? 1 : 0)
) chosen_delay_inst (
    .clk(clk),
    .d(chosen),
    .q(candidates)
);

max_tree #(
    .COUNT(COUNT),
    .IN_W(IN_W),
    .REGISTERS(TREE_REGISTERS)
) max_inst (
    .clk(clk),
    .x(candidates),
    .y(largest)
);

delay_line #(
    .WIDTH(IN_W),
    .DEPTH(LEVELS > 0 && REGISTERS[LEVELS+1] ? 1 : 0)
) largest_delay_inst (
    .clk(clk),
    .d(largest),
    .q(largest_late)
);

delay_line #(
    .WIDTH(COUNT*IN_W),
    .DEPTH(clocks_of(REGISTERS >> 2))
) candidates_delay_inst (
    .clk(clk),
    .d(candidates),
    .q(candidates_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : element
        wire [IN_W-1:0] value = candidates_late[i*IN_W +: IN_W];

        if (REVERSED != 0) begin : reversed
            assign y[i*Y_W +: Y_W] = {largest_late[IN_W-1], largest_late} - {value[IN_W-1], value};
        end else begin : straight
            assign y[i*Y_W +: Y_W] = {value[IN_W-1], value} - {largest_late[IN_W-1], largest_late};
        end
    end
endgenerate

endmodule

`resetall
