/*

The shifts of normalize: V and the deviations by the place of V's leading pair.

    z     = the number that the digits of leading_pairs say
    index = top INDEX_W bits of V << 2z (zeros below V if it has fewer)
    n_i   = e_i << z

Steps: the shift by each of the DIGITS digits, from the first on. The digit of
a step chooses the next one. Latency: ones in REGISTERS.

v: unsigned, V_W bits. e: signed, E_W bits each. n: the low N_W bits.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module normalize_shift #(
    // Deviations
    parameter integer COUNT = 8,
    // Width of a deviation in bits
    parameter integer E_W = 8,
    // Width of V in bits, even
    parameter integer V_W = 28,
    // Digits of the place of its leading pair
    parameter integer DIGITS = 2,
    // Bits of the table's index
    parameter integer INDEX_W = 6,
    // Width of a shifted deviation in bits
    parameter integer N_W = 15,
    // Bit i: a register in front of step i
    parameter [31:0] REGISTERS = 0
) (
    input  wire                                   clk,
    input  wire [V_W-1:0]                         v,
    input  wire [2*((4**DIGITS-1)/3)-1:0]         digits,
    input  wire [COUNT*E_W-1:0]                   e,
    output wire [(INDEX_W > 0 ? INDEX_W : 1)-1:0] index,
    output wire [COUNT*N_W-1:0]                   n
);

localparam integer PORT_W = INDEX_W > 0 ? INDEX_W : 1;
// V with zeros below, so that there are always as many bits as the index has
localparam integer WIDE_W = V_W + PORT_W;

// With so many digits to come: bits of V that the index may still come from
function integer kept(input integer left);
    integer reach;
    begin
        reach = PORT_W + 2*(4**left - 1);
        kept = reach < WIDE_W ? reach : WIDE_W;
    end
endfunction

// With so many digits to come: bits of a deviation that has been shifted by the others
function integer part_width(input integer left);
    integer shifted;
    begin
        shifted = E_W + 4**DIGITS - 4**left;
        part_width = shifted < N_W ? shifted : N_W;
    end
endfunction

// Bits of the digits of a group whose place has so many
function integer group_width(input integer left);
    group_width = left > 0 ? 2*((4**left - 1)/3) : 1;
endfunction

genvar j, m, i;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    // step[j]: what is left to do behind j digits
    for (j = 0; j <= DIGITS; j = j + 1) begin : step
        localparam integer LEFT = DIGITS - j;
        localparam integer KEPT_W = kept(LEFT);
        localparam integer GROUP_W = group_width(LEFT);
        localparam integer PART_W = part_width(LEFT);

        wire [KEPT_W-1:0] top;
        wire [GROUP_W-1:0] rest;
        wire [COUNT*PART_W-1:0] part;

        if (j == 0) begin : entry
            wire [WIDE_W-1:0] wide = {v, {PORT_W{1'b0}}};
            wire _unused_wide = &{1'b0, wide};

            assign top = wide[WIDE_W-1 -: KEPT_W];
            assign rest = digits;

            for (i = 0; i < COUNT; i = i + 1) begin : element
                wire _unused_e = &{1'b0, e[i*E_W +: E_W]};

                assign part[i*PART_W +: PART_W] = e[i*E_W +: PART_W];
            end
        end else begin : shift
            localparam integer SIZE = 4**LEFT;
            localparam integer WAS_W = kept(LEFT + 1);
            localparam integer WAS_GROUP_W = group_width(LEFT + 1);
            localparam integer WAS_PART_W = part_width(LEFT + 1);

            wire [WAS_W-1:0] was_top;
            wire [WAS_GROUP_W-1:0] was_rest;
            wire [COUNT*WAS_PART_W-1:0] was_part;

            delay_line #(
                .WIDTH(WAS_W + WAS_GROUP_W + COUNT*WAS_PART_W),
                .DEPTH(REGISTERS[j-1] ? 1 : 0)
            ) delay_inst (
                .clk(clk),
                .d({step[j-1].top, step[j-1].rest, step[j-1].part}),
                .q({was_top, was_rest, was_part})
            );

            wire [1:0] digit = was_rest[WAS_GROUP_W-1 -: 2];

            // V
            wire [WAS_W-1:0] shifted = digit == 2'd0 ? was_top : digit == 2'd1 ? was_top << 2*SIZE :
                digit == 2'd2 ? was_top << 4*SIZE : was_top << 6*SIZE;
            wire _unused_top = &{1'b0, shifted, was_rest};

            assign top = shifted[WAS_W-1 -: KEPT_W];

            // The digits of the part of the group in which the leading pair is
            if (LEFT == 0) begin : done
                wire _unused_done = &{1'b0, rest};

                assign rest = 1'b0;
            end

            for (m = 1; m <= LEFT; m = m + 1) begin : level
                localparam integer COUNT_W = 2 * 4**(LEFT-m);
                localparam integer FROM = 2 * ((4**(LEFT+1) - 4**(LEFT-m+2)) / 3);
                localparam integer TO = 2 * ((4**LEFT - 4**(LEFT-m+1)) / 3);

                assign rest[TO +: COUNT_W] = digit == 2'd0 ? was_rest[FROM +: COUNT_W] :
                    digit == 2'd1 ? was_rest[FROM+COUNT_W +: COUNT_W] :
                    digit == 2'd2 ? was_rest[FROM+2*COUNT_W +: COUNT_W] : was_rest[FROM+3*COUNT_W +: COUNT_W];
            end

            // Deviations
            for (i = 0; i < COUNT; i = i + 1) begin : element
                wire [WAS_PART_W-1:0] was = was_part[i*WAS_PART_W +: WAS_PART_W];
                wire [PART_W+WAS_PART_W-1:0] wide = {{PART_W{was[WAS_PART_W-1]}}, was};
                wire _unused_part = &{1'b0, wide};

                assign part[i*PART_W +: PART_W] = digit == 2'd0 ? wide[PART_W-1:0] :
                    digit == 2'd1 ? wide[PART_W-1:0] << SIZE :
                    digit == 2'd2 ? wide[PART_W-1:0] << 2*SIZE : wide[PART_W-1:0] << 3*SIZE;
            end
        end
    end

    for (i = 0; i < COUNT; i = i + 1) begin : result
        localparam integer SHIFTED_W = part_width(0);

        wire [N_W+SHIFTED_W-1:0] wide = {{N_W{step[DIGITS].part[i*SHIFTED_W+SHIFTED_W-1]}}, step[DIGITS].part[i*SHIFTED_W +: SHIFTED_W]};
        wire _unused = &{1'b0, wide[N_W+SHIFTED_W-1:N_W]};

        assign n[i*N_W +: N_W] = wide[N_W-1:0];
    end
endgenerate

assign index = step[DIGITS].top;

endmodule

`resetall
