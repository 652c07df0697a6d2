/*

Softmax over the COUNT values of one token, exponentials and the inverse of
their sum by tables. A pure data path: a token may come every clock.

    e_i = enabled ? EXP_TABLE[code of requantize(max x - x_i)] : 0
    r   = INV_TABLE[code of requantize(sum e)]
    y_i = requantize(e_i * r), which drops SHIFT fraction bits

A code is the address as it stands: two's complement or unsigned. The maximum is
over all values, enabled or not. enable comes maxtree + 2 clocks after x.

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0.

Latency, with tree = ceil(clog2(COUNT) / LEVELS) and maxtree = ceil(clog2(COUNT)
/ max(1, LEVELS/2)): maxtree + 3 + tree + 2 + MUL_STAGES + 1.

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
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                                               clk,
    input  wire [COUNT-1:0]                                   enable,
    input  wire [COUNT*IN_W-1:0]                              x,
    output wire [COUNT*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer COMPARES = LEVELS < 2 ? 1 : LEVELS / 2;
localparam integer MAX_TREE = ($clog2(COUNT) + COMPARES - 1) / COMPARES;
localparam integer TREE = ($clog2(COUNT) + LEVELS - 1) / LEVELS;
localparam integer DIFF_W = IN_W + 1;
localparam integer CODE_W = EXP_INDEX_W + (EXP_INDEX_SIGNED != 0 ? 0 : 1);
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = E_W + $clog2(COUNT);
localparam integer SUM_CODE_W = INV_INDEX_W + (INV_INDEX_SIGNED != 0 ? 0 : 1);
localparam integer R_W = INV_W + 1;
localparam integer P_W = E_W + R_W;

genvar i;

// Differences to the maximum, and the codes that they have

wire [IN_W-1:0] largest;
wire [COUNT*IN_W-1:0] x_late;
wire [COUNT*DIFF_W-1:0] differences;
wire [COUNT*CODE_W-1:0] codes;

max_tree #(
    .COUNT(COUNT),
    .IN_W(IN_W),
    .LEVELS(LEVELS)
) max_inst (
    .clk(clk),
    .x(x),
    .y(largest)
);

delay_line #(
    .WIDTH(COUNT*IN_W),
    .DEPTH(MAX_TREE)
) x_delay_inst (
    .clk(clk),
    .d(x),
    .q(x_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : difference
        wire [IN_W-1:0] x_i = x_late[i*IN_W +: IN_W];

        reg [DIFF_W-1:0] diff_reg;

        always @(posedge clk) diff_reg <= {largest[IN_W-1], largest} - {x_i[IN_W-1], x_i};

        assign differences[i*DIFF_W +: DIFF_W] = diff_reg;
    end
endgenerate

vector_requantize #(
    .COUNT(COUNT),
    .IN_W(DIFF_W),
    .SHIFT(EXP_SHIFT),
    .OUT_W(EXP_INDEX_W),
    .OUT_SIGNED(EXP_INDEX_SIGNED),
    .ROUNDING(EXP_ROUNDING),
    .OVERFLOW(EXP_OVERFLOW),
    .RELU(0)
) code_inst (
    .clk(clk),
    .x(differences),
    .y(codes)
);

// Exponentials

wire [COUNT*E_W-1:0] e;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : exponential
        wire [EXP_W-1:0] entry;

        reg [EXP_W-1:0] entry_reg;

        table_lookup #(
            .INDEX_W(EXP_INDEX_W),
            .OUT_W(EXP_W),
            .TABLE(EXP_TABLE)
        ) table_inst (
            .index(codes[i*CODE_W +: EXP_INDEX_W]),
            .y(entry)
        );

        always @(posedge clk) entry_reg <= enable[i] ? entry : {EXP_W{1'b0}};

        assign e[i*E_W +: E_W] = {1'b0, entry_reg};

        if (EXP_INDEX_SIGNED == 0) begin : spare
            wire _unused = &{1'b0, codes[i*CODE_W+EXP_INDEX_W]};
        end
    end
endgenerate

// Inverse of their sum

wire [SUM_W-1:0] sum;
wire [SUM_CODE_W-1:0] sum_code;
wire [INV_W-1:0] inverse;

reg [INV_W-1:0] inverse_reg;

adder_tree #(
    .COUNT(COUNT),
    .IN_W(E_W),
    .LEVELS(LEVELS)
) sum_inst (
    .clk(clk),
    .x(e),
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
    .RELU(0)
) sum_code_inst (
    .clk(clk),
    .x(sum),
    .y(sum_code)
);

table_lookup #(
    .INDEX_W(INV_INDEX_W),
    .OUT_W(INV_W),
    .TABLE(INV_TABLE)
) inverse_inst (
    .index(sum_code[INV_INDEX_W-1:0]),
    .y(inverse)
);

always @(posedge clk) inverse_reg <= inverse;

generate
    if (INV_INDEX_SIGNED == 0) begin : spare_sum_bit
        wire _unused = &{1'b0, sum_code[INV_INDEX_W]};
    end
endgenerate

// Probabilities

wire [COUNT*E_W-1:0] e_late;
wire [COUNT*P_W-1:0] products;

delay_line #(
    .WIDTH(COUNT*E_W),
    .DEPTH(TREE + 2)
) e_delay_inst (
    .clk(clk),
    .d(e),
    .q(e_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : probability
        multiply #(
            .A_W(E_W),
            .B_W(R_W),
            .STAGES(MUL_STAGES)
        ) multiply_inst (
            .clk(clk),
            .a(e_late[i*E_W +: E_W]),
            .b({1'b0, inverse_reg}),
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
    .RELU(0)
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
