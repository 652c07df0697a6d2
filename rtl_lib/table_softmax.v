/*

Softmax over the COUNT values of one token, exponentials and the inverse of
their sum by tables. A pure data path: a token may come every clock.

    e_i = enabled ? EXP_TABLE[code of requantize(max x - x_i)] : 0
    r   = INV_TABLE[code of requantize(sum e)]
    y_i = requantize(e_i * r), which drops SHIFT fraction bits

A code is the address as it stands: two's complement or unsigned. The maximum is
over all values, enabled or not.

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0.

Steps, with a bit each from bit 0 of their parameter on:
    MAX_REGISTERS     those of max_difference
    EXP_REGISTERS     those of requantize, the table
    SUM_REGISTERS     clog2(COUNT) levels of the sum, those of requantize, the table
    RESULT_REGISTERS  those of multiply, those of requantize
Latency: ones in all of these. enable comes ones in MAX_REGISTERS and in
EXP_REGISTERS clocks after x.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module table_softmax #(
    // Values of a token
    parameter integer COUNT = 4,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Exponential: fraction bits dropped from max x - x; negative: left shift
    parameter integer EXP_SHIFT = 0,
    // Exponential: bits of the table's index
    parameter integer EXP_INDEX_W = 6,
    // Exponential: 1: the index is signed, 0: unsigned
    parameter integer EXP_INDEX_SIGNED = 0,
    // Exponential: rounding mode of the index, as in requantize
    parameter integer EXP_ROUNDING = 0,
    // Exponential: overflow mode of the index, as in requantize
    parameter integer EXP_OVERFLOW = 0,
    // Exponential: width of a table entry in bits
    parameter integer EXP_W = 8,
    // Exponential: unsigned entry i at [i*EXP_W +: EXP_W]
    parameter [2**EXP_INDEX_W*EXP_W-1:0] EXP_TABLE = 0,
    // Inverse: fraction bits dropped from the sum; negative: left shift
    parameter integer INV_SHIFT = 0,
    // Inverse: bits of the table's index
    parameter integer INV_INDEX_W = 6,
    // Inverse: 1: the index is signed, 0: unsigned
    parameter integer INV_INDEX_SIGNED = 0,
    // Inverse: rounding mode of the index, as in requantize
    parameter integer INV_ROUNDING = 0,
    // Inverse: overflow mode of the index, as in requantize
    parameter integer INV_OVERFLOW = 0,
    // Inverse: width of a table entry in bits
    parameter integer INV_W = 8,
    // Inverse: unsigned entry i at [i*INV_W +: INV_W]
    parameter [2**INV_INDEX_W*INV_W-1:0] INV_TABLE = 0,
    // Fraction bits dropped from the product; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 0,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // Steps of the products if these are made of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // Maximum and differences: bit i: a register in front of step i
    parameter [31:0] MAX_REGISTERS = 0,
    // The same of the exponentials
    parameter [31:0] EXP_REGISTERS = 0,
    // The same of the sum and its inverse
    parameter [31:0] SUM_REGISTERS = 0,
    // The same of the products and the result
    parameter [31:0] RESULT_REGISTERS = 0
) (
    input  wire                                               clk,
    input  wire [COUNT-1:0]                                   enable,
    input  wire [COUNT*IN_W-1:0]                              x,
    output wire [COUNT*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer LEVELS = $clog2(COUNT);
localparam integer DIFF_W = IN_W + 1;
localparam integer CODE_W = EXP_INDEX_W + (EXP_INDEX_SIGNED != 0 ? 0 : 1);
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = E_W + $clog2(COUNT);
localparam integer SUM_CODE_W = INV_INDEX_W + (INV_INDEX_SIGNED != 0 ? 0 : 1);
localparam integer R_W = INV_W + 1;
localparam integer P_W = E_W + R_W;

genvar i;

// Differences to the maximum, and the codes that they have

wire [COUNT*DIFF_W-1:0] differences;
wire [COUNT*CODE_W-1:0] codes;

max_difference #(
    .COUNT(COUNT),
    .IN_W(IN_W),
    .REVERSED(1),
    .REGISTERS(MAX_REGISTERS)
) difference_inst (
    .clk(clk),
    .enable({COUNT{1'b1}}),
    .x(x),
    .y(differences)
);

vector_requantize #(
    .COUNT(COUNT),
    .IN_W(DIFF_W),
    .SHIFT(EXP_SHIFT),
    .OUT_W(EXP_INDEX_W),
    .OUT_SIGNED(EXP_INDEX_SIGNED),
    .ROUNDING(EXP_ROUNDING),
    .OVERFLOW(EXP_OVERFLOW),
    .RELU(0),
    .REGISTERS({30'd0, EXP_REGISTERS[1:0]})
) code_inst (
    .clk(clk),
    .x(differences),
    .y(codes)
);

// Exponentials

wire [COUNT*CODE_W-1:0] addresses;
wire [COUNT*E_W-1:0] e;

delay_line #(
    .WIDTH(COUNT*CODE_W),
    .DEPTH(EXP_REGISTERS[2] ? 1 : 0)
) code_delay_inst (
    .clk(clk),
    .d(codes),
    .q(addresses)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : exponential
        wire [EXP_W-1:0] entry;

        table_lookup #(
            .INDEX_W(EXP_INDEX_W),
            .OUT_W(EXP_W),
            .TABLE(EXP_TABLE)
        ) table_inst (
            .index(addresses[i*CODE_W +: EXP_INDEX_W]),
            .y(entry)
        );

        assign e[i*E_W +: E_W] = enable[i] ? {1'b0, entry} : {E_W{1'b0}};

        if (EXP_INDEX_SIGNED == 0) begin : spare
            wire _unused = &{1'b0, addresses[i*CODE_W+EXP_INDEX_W]};
        end
    end
endgenerate

// Inverse of their sum

// A register in front of the sum is not in the tree, since the exponentials that
// wait for the inverse go through it as well.
localparam [31:0] LATER_REGISTERS = SUM_REGISTERS & ~32'd1;
localparam [31:0] TREE_REGISTERS = LATER_REGISTERS & ((32'd1 << LEVELS) - 32'd1);
localparam [31:0] CODE_REGISTERS = LATER_REGISTERS >> LEVELS;

function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) ones = ones + (bits[n] ? 1 : 0);
    end
endfunction

wire [COUNT*E_W-1:0] terms;
wire [SUM_W-1:0] sum;
wire [SUM_CODE_W-1:0] sum_code;
wire [SUM_CODE_W-1:0] sum_address;
wire [INV_W-1:0] inverse;

delay_line #(
    .WIDTH(COUNT*E_W),
    .DEPTH(SUM_REGISTERS[0] ? 1 : 0)
) terms_delay_inst (
    .clk(clk),
    .d(e),
    .q(terms)
);

adder_tree #(
    .COUNT(COUNT),
    .IN_W(E_W),
    .REGISTERS(TREE_REGISTERS)
) sum_inst (
    .clk(clk),
    .x(terms),
    .sum(sum)
);

vector_requantize #(
    .COUNT(1),
    .IN_W(SUM_W),
    .SHIFT(INV_SHIFT),
    .OUT_W(INV_INDEX_W),
    .OUT_SIGNED(INV_INDEX_SIGNED),
    .ROUNDING(INV_ROUNDING),
    .OVERFLOW(INV_OVERFLOW),
    .RELU(0),
    .REGISTERS({30'd0, CODE_REGISTERS[1:0]})
) sum_code_inst (
    .clk(clk),
    .x(sum),
    .y(sum_code)
);

delay_line #(
    .WIDTH(SUM_CODE_W),
    .DEPTH(CODE_REGISTERS[2] ? 1 : 0)
) sum_code_delay_inst (
    .clk(clk),
    .d(sum_code),
    .q(sum_address)
);

table_lookup #(
    .INDEX_W(INV_INDEX_W),
    .OUT_W(INV_W),
    .TABLE(INV_TABLE)
) inverse_inst (
    .index(sum_address[INV_INDEX_W-1:0]),
    .y(inverse)
);

generate
    if (INV_INDEX_SIGNED == 0) begin : spare_sum_bit
        wire _unused = &{1'b0, sum_address[INV_INDEX_W]};
    end
endgenerate

// Probabilities

wire [COUNT*E_W-1:0] e_late;
wire [COUNT*P_W-1:0] products;

delay_line #(
    .WIDTH(COUNT*E_W),
    .DEPTH(ones(LATER_REGISTERS))
) e_delay_inst (
    .clk(clk),
    .d(terms),
    .q(e_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : probability
        multiply #(
            .A_W(E_W),
            .B_W(R_W),
            .LUT_STEPS(LUT_STEPS),
            .REGISTERS(RESULT_REGISTERS)
        ) multiply_inst (
            .clk(clk),
            .a(e_late[i*E_W +: E_W]),
            .b({1'b0, inverse}),
            .p(products[i*P_W +: P_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(COUNT),
    .IN_W(P_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0),
    .REGISTERS(RESULT_REGISTERS >> (LUT_STEPS == 0 ? 2 : LUT_STEPS))
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
