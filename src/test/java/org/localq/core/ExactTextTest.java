package org.localq.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ExactTextTest {
  private static final HexFormat HEX = HexFormat.of();

  @Nested
  class Decode {
    /** Bytes in hexadecimal; text with every char that is no ASCII as four hexadecimal digits. */
    @ParameterizedTest(name = "{0}, {2}")
    @CsvSource({
      "'',             '',                        nothing",
      "61,             a,                         ASCII",
      "00,             <0000>,                    NUL",
      "7f,             <007f>,                    the last of one byte",
      "c280,           <0080>,                    the first of two bytes",
      "c3bc,           <00fc>,                    two bytes",
      "dfbf,           <07ff>,                    the last of two bytes",
      "e0a080,         <0800>,                    the first of three bytes",
      "e282ac,         <20ac>,                    three bytes",
      "ed9fbf,         <d7ff>,                    the last below the surrogates",
      "ee8080,         <e000>,                    the first above the surrogates",
      "efbbbf,         <feff>,                    a byte order mark is a character",
      "efbfbd,         <fffd>,                    the replacement character itself",
      "f09f9880,       <d83d><de00>,              four bytes",
      "f0908080,       <d800><dc00>,              the first of four bytes",
      "f48fbfbf,       <dbff><dfff>,              the last character",
      "80,             <dc80>,                    a lone continuation",
      "ff,             <dcff>,                    a byte that UTF-8 has not",
      "c3,             <dcc3>,                    two bytes cut short",
      "e282,           <dce2><dc82>,              three bytes cut short",
      "f09f98,         <dcf0><dc9f><dc98>,        four bytes cut short",
      "f09f9861,       <dcf0><dc9f><dc98>a,       four bytes cut short in the middle",
      "c361,           <dcc3>a,                   two bytes cut short in the middle",
      "c0af,           <dcc0><dcaf>,              a slash in two bytes",
      "e080af,         <dce0><dc80><dcaf>,        a slash in three bytes",
      "f08080af,       <dcf0><dc80><dc80><dcaf>,  a slash in four bytes",
      "c080,           <dcc0><dc80>,              a NUL in two bytes",
      "eda080,         <dced><dca0><dc80>,        a high surrogate in bytes",
      "edb280,         <dced><dcb2><dc80>,        an escape in bytes",
      "eda0bdedb880,   <dced><dca0><dcbd><dced><dcb8><dc80>, a pair in bytes: CESU-8",
      "f4908080,       <dcf4><dc90><dc80><dc80>,  beyond the last character",
      "f888808080,     <dcf8><dc88><dc80><dc80><dc80>, five bytes",
      "61ff62,         a<dcff>b,                  in between",
    })
    void keeps_utf_8_and_escapes_the_rest(String bytes, String text, String what) {
      assertEquals(text, show(ExactText.decode(HEX.parseHex(bytes))), what);
      assertArrayEquals(
          HEX.parseHex(bytes), ExactText.encode(ExactText.decode(HEX.parseHex(bytes))), what);
    }

    @Test
    void comes_back_for_every_single_byte() {
      for (int b = 0; b < 256; b++) {
        assertComesBack(new byte[] {(byte) b}, "byte " + b);
      }
    }

    @Test
    void comes_back_for_every_two_bytes() {
      for (int b = 0; b < 65_536; b++) {
        assertComesBack(new byte[] {(byte) (b >> 8), (byte) b}, "bytes " + Integer.toHexString(b));
      }
    }

    @Test
    void comes_back_for_random_bytes() {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      // those that begin, continue or break a sequence, and a few letters
      byte[] interesting = HEX.parseHex("00617f8090a0bfc0c1c2c3dfe0e2edeff0f4f5f8ff");
      for (int round = 0; round < 20_000; round++) {
        byte[] bytes = new byte[random.nextInt(24)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
          if (random.nextBoolean()) {
            bytes[i] = interesting[random.nextInt(interesting.length)];
          }
        }
        assertComesBack(bytes, "seed " + seed + ", bytes " + HEX.formatHex(bytes));
      }
    }

    @Test
    void agrees_with_utf_8_on_every_character() {
      for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
        if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
          String character = Character.toString(c);
          assertEquals(character, ExactText.decode(character.getBytes(UTF_8)));
          assertArrayEquals(character.getBytes(UTF_8), ExactText.encode(character));
        }
      }
    }

    private void assertComesBack(byte[] bytes, String evidence) {
      String text = ExactText.decode(bytes);
      assertArrayEquals(bytes, ExactText.encode(text), evidence);
      boolean nul = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(0) >= 0;
      assertEquals(!nul, ExactText.isExact(text), evidence);
      boolean utf8 = Arrays.equals(bytes, new String(bytes, UTF_8).getBytes(UTF_8));
      assertEquals(!utf8, ExactText.hasEscape(text), evidence);
    }
  }

  @Nested
  class Encode {
    /** Lone surrogates that are no escapes, alone, in front, behind, twice. */
    @ParameterizedTest
    @ValueSource(
        strings = {
          "d800",
          "dbff",
          "dc00",
          "dc7f",
          "dd00",
          "dfff",
          "0061d800",
          "d8000061",
          "d800d800",
          "dc7fdc80",
          "d83dde00de00",
          "d83dd83dde00d83d"
        })
    void refuses_what_stands_for_no_bytes(String chars) {
      String text = chars(chars);
      assertFalse(ExactText.isExact(text), chars);
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> ExactText.encode(text), chars);
      assertEquals("a lone surrogate stands for no byte", refused.getMessage());
    }

    @Test
    void takes_the_first_and_the_last_escape() {
      assertArrayEquals(HEX.parseHex("80ff"), ExactText.encode(chars("dc80dcff")));
      assertTrue(ExactText.isExact(chars("dc80dcff")));
    }

    @Test
    void takes_a_pair_for_a_character_even_where_its_second_half_looks_like_an_escape() {
      String pair = chars("d83ddc80");
      assertArrayEquals(pair.getBytes(UTF_8), ExactText.encode(pair));
      assertFalse(ExactText.hasEscape(pair));
    }

    @Test
    void takes_an_escape_behind_a_pair() {
      assertArrayEquals(HEX.parseHex("f09f988080"), ExactText.encode(chars("d83dde00dc80")));
    }

    @Test
    void a_nul_is_a_byte_that_no_argument_can_hold() {
      assertArrayEquals(new byte[] {0}, ExactText.encode("\0"));
      assertFalse(ExactText.isExact("\0"));
      assertFalse(ExactText.isExact("a\0b"));
    }
  }

  private static String show(String text) {
    StringBuilder shown = new StringBuilder();
    for (char c : text.toCharArray()) {
      shown.append(c > 0x20 && c < 0x7f ? Character.toString(c) : String.format("<%04x>", (int) c));
    }
    return shown.toString();
  }

  private static String chars(String hex) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < hex.length(); i += 4) {
      text.append((char) Integer.parseInt(hex.substring(i, i + 4), 16));
    }
    return text.toString();
  }
}
