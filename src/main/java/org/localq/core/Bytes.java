package org.localq.core;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Amounts of memory in Slurm's form: a whole number with K, M, G or T behind it, by default M. */
public final class Bytes {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,12})([KMGTkmgt]?)(?:[iI]?[bB])?");
  private static final String UNITS = "KMGT";
  private static final int STEP = 10;

  /** So that sums of them stay within a long. */
  private static final long MOST = 1L << 53;

  private Bytes() {}

  /** The bytes that {@code text} says; nothing where it is no such form, or more than 8 PiB. */
  public static OptionalLong parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return OptionalLong.empty();
    }
    String unit = form.group(2).isEmpty() ? "M" : form.group(2).toUpperCase(Locale.ROOT);
    long number = Long.parseLong(form.group(1));
    int shift = STEP * (UNITS.indexOf(unit) + 1);
    return number > MOST >> shift ? OptionalLong.empty() : OptionalLong.of(number << shift);
  }

  /** The same amount as {@link #parse} reads it, in the largest unit in which it is whole. */
  public static String show(long bytes) {
    int unit = 0;
    long whole = bytes >> STEP;
    while (unit < UNITS.length() - 1 && whole > 0 && whole % (1 << STEP) == 0) {
      whole >>= STEP;
      unit++;
    }
    return whole + UNITS.substring(unit, unit + 1);
  }
}
