/*

Normalisation of one token of FEATURES = d values (layer norm without its affine
part; CENTER = 0: RMS norm). A pure data path: a token may come every clock.

    S   = sum x_i, Q = sum x_i^2
    e_i = CENTER != 0 ? d * x_i - S : x_i
    V   = sum e_i^2 + EPSILON = CENTER != 0 ? d^2 * Q - d * S^2 + EPSILON : Q + EPSILON
    z   = leading zeros of V in V_W bits, halved, floor (V = 0: V_W/2 - 1)
    R   = TABLE[top INDEX_W bits of V << 2z]
    y_i = requantize((e_i << z) * R), which drops SHIFT fraction bits

So the squares are of the x_i, which are narrower than the e_i, and need not wait
for S. All parts of V are computed modulo 2^V_W, which loses nothing, as V fits.

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0. The table's entries are unsigned. V fits V_W bits, and
e_i << z fits V_W/2 + 1 signed bits.

Steps of the branches, each with registers of its own:

    squares   those of dot_product, the multiple d^2 * Q
    sum       those of adder_tree
    mean      from S on: those of multiply, the multiple d * S^2, what it leaves of EPSILON
    variance  from the later of squares and mean on, the other one waits: their
              sum, the place of its leading pair
    e         the multiple d * x_i, minus S, and the shift; x_i and S wait so long
              that e_i comes with the place
    shift     those of normalize_shift
    result    table, those of multiply, those of requantize

Latency: the larger of squares and (CENTER != 0) sum + mean, and variance +
shift + result, in ones in their registers.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module normalize #(
    // Values of a token
    parameter integer FEATURES = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // 1: subtract the mean (layer norm), 0: do not (RMS norm)
    parameter integer CENTER = 1,
    // Width of V in bits, even
    parameter integer V_W = 28,
    // Added to the sum of squares, unsigned
    parameter [V_W-1:0] EPSILON = 1,
    // Bits of the table's index
    parameter integer INDEX_W = 6,
    // Width of a table entry in bits
    parameter integer TABLE_W = 8,
    // 1/sqrt of the normalised V; entry i at [i*TABLE_W +: TABLE_W]
    parameter [2**INDEX_W*TABLE_W-1:0] TABLE = 0,
    // Fraction bits dropped from the product; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // Steps of the squares of x if these are made of LUTs; 0: DSP blocks
    parameter integer SQUARE_LUT_STEPS = 0,
    // Those of the square of S
    parameter integer MEAN_LUT_STEPS = 0,
    // Those of the products
    parameter integer RESULT_LUT_STEPS = 0,
    // Bit i: a register in front of step i of the squares
    parameter [31:0] SQUARE_REGISTERS = 0,
    // The same of the sum
    parameter [31:0] SUM_REGISTERS = 0,
    // The same of the mean
    parameter [31:0] MEAN_REGISTERS = 0,
    // The same of the variance
    parameter [31:0] VARIANCE_REGISTERS = 0,
    // The same of e; there is none in front of the multiple
    parameter [31:0] E_REGISTERS = 0,
    // The same of the shift
    parameter [31:0] SHIFT_REGISTERS = 0,
    // The same of the result
    parameter [31:0] RESULT_REGISTERS = 0
) (
    input  wire                                                  clk,
    input  wire [FEATURES*IN_W-1:0]                              x,
    output wire [FEATURES*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

// Registers that these bits say
function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) begin
            ones = ones + (bits[n] ? 1 : 0);
        end
    end
endfunction

// Digits of base 4 that tell a place among `pairs`
function integer base4_digits(input integer pairs);
    integer places;
    begin
        base4_digits = 1;
        for (places = 4; places < pairs; places = places * 4) begin
            base4_digits = base4_digits + 1;
        end
    end
endfunction

localparam integer SUM_W = IN_W + $clog2(FEATURES);
localparam integer E_W = CENTER != 0 ? SUM_W + 1 : IN_W;
localparam integer SQUARES_W = 2*IN_W + $clog2(FEATURES);
localparam integer DIGITS = base4_digits(V_W / 2);
localparam integer N_W = V_W/2 + 1;
localparam integer R_W = TABLE_W + 1;
localparam integer P_W = N_W + R_W;
localparam integer INDEX_PORT_W = INDEX_W > 0 ? INDEX_W : 1;

// The last of the squares' steps is the multiple.
localparam integer DOT_STEPS = SQUARE_LUT_STEPS == 0 ? 2 + $clog2(FEATURES) : SQUARE_LUT_STEPS;
localparam integer MEAN_STEPS = MEAN_LUT_STEPS == 0 ? 2 : MEAN_LUT_STEPS;
localparam [31:0] DOT_REGISTERS = SQUARE_REGISTERS & ~(32'hffffffff << DOT_STEPS);

// Clocks from x to what meets in V, to V's place, and that x waits for it
localparam integer SQUARE_CLOCKS = ones(DOT_REGISTERS) + (SQUARE_REGISTERS[DOT_STEPS] ? 1 : 0);
localparam integer SUM_CLOCKS = CENTER != 0 ? ones(SUM_REGISTERS) : 0;
localparam integer MEAN_CLOCKS = CENTER != 0 ? SUM_CLOCKS + ones(MEAN_REGISTERS) : 0;
localparam integer PARTS_CLOCKS = MEAN_CLOCKS > SQUARE_CLOCKS ? MEAN_CLOCKS : SQUARE_CLOCKS;
localparam integer PLACE_CLOCKS = PARTS_CLOCKS + ones(VARIANCE_REGISTERS);
localparam integer X_CLOCKS = PLACE_CLOCKS - ones(E_REGISTERS);

genvar i;

// d^2 * Q, or Q

wire [SQUARES_W-1:0] squares;
wire [SQUARES_W-1:0] squares_late;
wire [V_W-1:0] scaled_squares;
wire [V_W-1:0] scaled_squares_late;

generate
    if (SQUARE_LUT_STEPS != 0) begin : lut_squares
        lut_square #(
            .COUNT(FEATURES),
            .A_W(IN_W),
            .STEPS(SQUARE_LUT_STEPS),
            .REGISTERS(DOT_REGISTERS[SQUARE_LUT_STEPS-1:0])
        ) squares_inst (
            .clk(clk),
            .a(x),
            .y(squares)
        );
    end else begin : dsp_squares
        dot_product #(
            .COUNT(FEATURES),
            .A_W(IN_W),
            .B_W(IN_W),
            .REGISTERS(DOT_REGISTERS)
        ) squares_inst (
            .clk(clk),
            .a(x),
            .b(x),
            .y(squares)
        );
    end
endgenerate

delay_line #(
    .WIDTH(SQUARES_W),
    .DEPTH(SQUARE_REGISTERS[DOT_STEPS] ? 1 : 0)
) squares_delay_inst (
    .clk(clk),
    .d(squares),
    .q(squares_late)
);

constant_multiple #(
    .IN_W(SQUARES_W),
    .FACTOR(CENTER != 0 ? FEATURES*FEATURES : 1),
    .OUT_W(V_W)
) scaled_squares_inst (
    .x(squares_late),
    .y(scaled_squares)
);

delay_line #(
    .WIDTH(V_W),
    .DEPTH(PARTS_CLOCKS - SQUARE_CLOCKS)
) scaled_squares_delay_inst (
    .clk(clk),
    .d(scaled_squares),
    .q(scaled_squares_late)
);

// EPSILON - d * S^2, or EPSILON; and the deviations e

wire [V_W-1:0] rest;
wire [V_W-1:0] rest_late;
wire [FEATURES*IN_W-1:0] x_late;
wire [FEATURES*E_W-1:0] e;
wire [FEATURES*E_W-1:0] e_late;

delay_line #(
    .WIDTH(FEATURES*IN_W),
    .DEPTH(X_CLOCKS)
) x_delay_inst (
    .clk(clk),
    .d(x),
    .q(x_late)
);

delay_line #(
    .WIDTH(FEATURES*E_W),
    .DEPTH(E_REGISTERS[2] ? 1 : 0)
) e_delay_inst (
    .clk(clk),
    .d(e),
    .q(e_late)
);

generate
    if (CENTER != 0) begin : center
        wire [SUM_W-1:0] sum;
        wire [SUM_W-1:0] sum_late;
        wire [2*SUM_W-1:0] square;
        wire [2*SUM_W-1:0] square_late;
        wire [V_W-1:0] scaled_square;
        wire [V_W-1:0] scaled_square_late;

        adder_tree #(
            .COUNT(FEATURES),
            .IN_W(IN_W),
            .REGISTERS(SUM_REGISTERS)
        ) sum_inst (
            .clk(clk),
            .x(x),
            .sum(sum)
        );

        if (MEAN_LUT_STEPS != 0) begin : lut_mean
            localparam [31:0] OWN_REGISTERS = MEAN_REGISTERS & ~(32'hffffffff << MEAN_LUT_STEPS);

            lut_square #(
                .COUNT(1),
                .A_W(SUM_W),
                .STEPS(MEAN_LUT_STEPS),
                .REGISTERS(OWN_REGISTERS[MEAN_LUT_STEPS-1:0])
            ) square_inst (
                .clk(clk),
                .a(sum),
                .y(square)
            );
        end else begin : dsp_mean
            multiply #(
                .A_W(SUM_W),
                .B_W(SUM_W),
                .REGISTERS(MEAN_REGISTERS)
            ) square_inst (
                .clk(clk),
                .a(sum),
                .b(sum),
                .p(square)
            );
        end

        delay_line #(
            .WIDTH(2*SUM_W),
            .DEPTH(MEAN_REGISTERS[MEAN_STEPS] ? 1 : 0)
        ) square_delay_inst (
            .clk(clk),
            .d(square),
            .q(square_late)
        );

        constant_multiple #(
            .IN_W(2*SUM_W),
            .FACTOR(FEATURES),
            .OUT_W(V_W)
        ) scaled_square_inst (
            .x(square_late),
            .y(scaled_square)
        );

        delay_line #(
            .WIDTH(V_W),
            .DEPTH(MEAN_REGISTERS[MEAN_STEPS+1] ? 1 : 0)
        ) scaled_square_delay_inst (
            .clk(clk),
            .d(scaled_square),
            .q(scaled_square_late)
        );

        assign rest = EPSILON - scaled_square_late;

        delay_line #(
            .WIDTH(V_W),
            .DEPTH(PARTS_CLOCKS - MEAN_CLOCKS)
        ) rest_delay_inst (
            .clk(clk),
            .d(rest),
            .q(rest_late)
        );

        delay_line #(
            .WIDTH(SUM_W),
            .DEPTH(X_CLOCKS - SUM_CLOCKS + (E_REGISTERS[1] ? 1 : 0))
        ) sum_delay_inst (
            .clk(clk),
            .d(sum),
            .q(sum_late)
        );

        for (i = 0; i < FEATURES; i = i + 1) begin : feature
            wire [SUM_W-1:0] scaled;
            wire [SUM_W-1:0] scaled_late;

            constant_multiple #(
                .IN_W(IN_W),
                .FACTOR(FEATURES),
                .OUT_W(SUM_W)
            ) scaled_inst (
                .x(x_late[i*IN_W +: IN_W]),
                .y(scaled)
            );

            delay_line #(
                .WIDTH(SUM_W),
                .DEPTH(E_REGISTERS[1] ? 1 : 0)
            ) scaled_delay_inst (
                .clk(clk),
                .d(scaled),
                .q(scaled_late)
            );

            assign e[i*E_W +: E_W] = {scaled_late[SUM_W-1], scaled_late} - {sum_late[SUM_W-1], sum_late};
        end
    end else begin : plain
        assign rest = EPSILON;
        assign rest_late = rest;
        assign e = x_late;
    end
endgenerate

// V and the place of its leading pair

wire [V_W-1:0] sum_a;
wire [V_W-1:0] sum_b;
wire [V_W-1:0] v;
wire [V_W-1:0] v_late;
wire [2*((4**DIGITS-1)/3)-1:0] digits;

delay_line #(
    .WIDTH(2*V_W),
    .DEPTH(VARIANCE_REGISTERS[0] ? 1 : 0)
) parts_delay_inst (
    .clk(clk),
    .d({scaled_squares_late, rest_late}),
    .q({sum_a, sum_b})
);

assign v = sum_a + sum_b;

delay_line #(
    .WIDTH(V_W),
    .DEPTH(VARIANCE_REGISTERS[1] ? 1 : 0)
) v_delay_inst (
    .clk(clk),
    .d(v),
    .q(v_late)
);

leading_pairs #(
    .WIDTH(V_W),
    .DIGITS(DIGITS)
) leading_pairs_inst (
    .x(v_late),
    .digits(digits)
);

// R and the normalised deviations n

wire [INDEX_PORT_W-1:0] shifted_index;
wire [INDEX_PORT_W-1:0] index;
wire [FEATURES*N_W-1:0] shifted_e;
wire [FEATURES*N_W-1:0] n;
wire [TABLE_W-1:0] r;
wire [FEATURES*P_W-1:0] products;

normalize_shift #(
    .COUNT(FEATURES),
    .E_W(E_W),
    .V_W(V_W),
    .DIGITS(DIGITS),
    .INDEX_W(INDEX_W),
    .N_W(N_W),
    .REGISTERS(SHIFT_REGISTERS)
) shift_inst (
    .clk(clk),
    .v(v_late),
    .digits(digits),
    .e(e_late),
    .index(shifted_index),
    .n(shifted_e)
);

delay_line #(
    .WIDTH(INDEX_PORT_W + FEATURES*N_W),
    .DEPTH(RESULT_REGISTERS[0] ? 1 : 0)
) index_delay_inst (
    .clk(clk),
    .d({shifted_index, shifted_e}),
    .q({index, n})
);

table_lookup #(
    .INDEX_W(INDEX_W),
    .OUT_W(TABLE_W),
    .TABLE(TABLE)
) table_inst (
    .index(index),
    .y(r)
);

generate
    for (i = 0; i < FEATURES; i = i + 1) begin : feature
        multiply #(
            .A_W(N_W),
            .B_W(R_W),
            .LUT_STEPS(RESULT_LUT_STEPS),
            .REGISTERS(RESULT_REGISTERS >> 1)
        ) multiply_inst (
            .clk(clk),
            .a(n[i*N_W +: N_W]),
            .b({1'b0, r}),
            .p(products[i*P_W +: P_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(FEATURES),
    .IN_W(P_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0),
    .REGISTERS(RESULT_REGISTERS >> (1 + (RESULT_LUT_STEPS == 0 ? 2 : RESULT_LUT_STEPS)))
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
