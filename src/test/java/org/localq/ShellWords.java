package org.localq;

import java.util.ArrayList;
import java.util.List;

/**
 * What a POSIX shell makes of a script of plain words and words in single quotes, by rules of its
 * own and not by those that made the script.
 */
public final class ShellWords {
  private final String script;
  private final StringBuilder word = new StringBuilder();
  private List<String> line = new ArrayList<>();
  private boolean inWord;

  private ShellWords(String script) {
    this.script = script;
  }

  /**
   * The words of the last line that has any.
   *
   * @param script a character a byte
   * @throws AssertionError when a quote is not closed, or a byte outside of quotes is not ASCII
   */
  public static List<String> ofLastLine(String script) {
    return new ShellWords(script).read();
  }

  private List<String> read() {
    List<String> last = List.of();
    int i = 0;
    while (i < script.length()) {
      char c = script.charAt(i);
      if (c == '\'') {
        int end = closing(i);
        add(script.substring(i + 1, end));
        i = end;
      } else if (c == '\\' && i + 1 < script.length()) {
        i++;
        add(script.substring(i, i + 1));
      } else if (c == ' ' || c == '\n') {
        endWord();
        if (c == '\n') {
          last = line;
          line = new ArrayList<>();
        }
      } else if (c > ' ' && c <= '~') {
        add(script.substring(i, i + 1));
      } else {
        throw new AssertionError("byte " + (int) c + " at " + i + " outside of quotes: " + script);
      }
      i++;
    }
    return last;
  }

  private int closing(int quote) {
    int end = script.indexOf('\'', quote + 1);
    if (end < 0) {
      throw new AssertionError("the quote at " + quote + " is not closed: " + script);
    }
    return end;
  }

  private void add(String text) {
    word.append(text);
    inWord = true;
  }

  private void endWord() {
    if (inWord) {
      line.add(word.toString());
    }
    word.setLength(0);
    inWord = false;
  }
}
