package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Identity;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class UriFileTest {
  private final FileSystem files = Bench.memory();
  private Identity identity;
  private UriFile file;

  @BeforeEach
  void findOutWhoWeAre() throws IOException {
    Path place = files.getPath("/work");
    identity = Bench.identity(place, 4711);
    file = new UriFile(place.resolve("q"));
  }

  @AfterEach
  void closeTheFiles() throws IOException {
    files.close();
  }

  @Nested
  class Its_neighbours {
    @Test
    void are_named_after_it() {
      assertEquals("/work/q.pid", file.pidFile().toString());
      assertEquals("/work/q.log", file.logFile().toString());
      assertEquals("/work/q.queue", file.ownSpool().toString());
    }

    @Test
    void are_in_the_home_of_the_user() {
      UriFile ofHome = UriFile.ofHome(files.getPath("/home/ada"));
      assertEquals("/home/ada/.localq/localqd", ofHome.path().toString());
      assertEquals("/home/ada/.localq/queue", ofHome.homeSpool().toString());
    }
  }

  @Nested
  class Publishing {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
      "/home/ada/queue,        file:///home/ada/queue/",
      "/a b/c,                 file:///a%20b/c/",
      "/j\u00fcrgen/\u20ac,    file:///j%C3%BCrgen/%E2%82%AC/",
      "/\ud83d\ude00,          file:///%F0%9F%98%80/",
      "/e\u0301,               file:///e%CC%81/",
      "/\u0387,                file:///%CE%87/",
      "/a%20b,                 file:///a%2520b/",
      "'/a#b?c;d&e=f',         'file:///a%23b%3Fc;d&e=f/'",
      "/[x]{y}|z^`\"<>\\,      file:///%5Bx%5D%7By%7D%7Cz%5E%60%22%3C%3E%5C/",
      "'/a\nb',                file:///a%0Ab/",
      "/a:b,                   file:///a:b/",
      "/home/~ada/.localq,     file:///home/~ada/.localq/",
    })
    void writes_one_line_of_ascii_that_reads_back(String spool, String uri) throws IOException {
      Path path = files.getPath(spool);
      assertTrue(file.publish(path, identity, Bench.FILES_ONLY));
      assertEquals(uri + "\n", text());
      assertEquals(Optional.of(path), file.read(identity));
    }

    @Test
    void makes_a_private_file_and_leaves_no_other() throws IOException {
      file.publish(files.getPath("/q"), identity, Bench.FILES_ONLY);
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())));
      assertEquals(java.util.List.of(file.path()), Names.in(files.getPath("/work")));
    }

    @Test
    void replaces_nothing() throws IOException {
      put("file:///first/\n");
      assertFalse(file.publish(files.getPath("/second"), identity, Bench.FILES_ONLY));
      assertEquals("file:///first/\n", text());
      assertEquals(java.util.List.of(file.path()), Names.in(files.getPath("/work")));
    }

    @Test
    void replaces_not_even_what_is_no_uri_file() throws IOException {
      Files.createSymbolicLink(file.path(), files.getPath("nowhere"));
      assertFalse(file.publish(files.getPath("/second"), identity, Bench.FILES_ONLY));
      assertTrue(file.exists());
    }

    @Test
    void makes_the_directories_above_for_this_user_alone() throws IOException {
      UriFile deep = new UriFile(files.getPath("/work/a/b/localqd"));
      assertTrue(deep.publish(files.getPath("/q"), identity, Bench.FILES_ONLY));
      for (String directory : java.util.List.of("/work/a", "/work/a/b")) {
        assertEquals(
            "rwx------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(files.getPath(directory))),
            directory);
      }
    }
  }

  @Nested
  class Reading {
    @Test
    void finds_nothing_where_nothing_is() throws IOException {
      assertEquals(Optional.empty(), file.read(identity));
      assertFalse(file.exists());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
      "file:///home/ada/queue/,   /home/ada/queue",
      "file:///home/ada/queue,    /home/ada/queue",
      "file:/home/ada/queue/,     /home/ada/queue",
      "' file:///q/ \n\n',        /q",
      "'file:///q/\r\n',          /q",
      "file:///a/../b/./c//d/,    /b/c/d",
      "file:///a%20b/,            /a b",
      "file:///a%2Fb/,            /a/b",
      "file:///%c3%bc/,           /\u00fc",
      "file:///a+b/,              /a+b",
    })
    void finds_the_spool(String line, String spool) throws IOException {
      put(line);
      assertEquals(Optional.of(files.getPath(spool)), file.read(identity));
    }

    @Test
    void takes_utf_8_as_people_write_it() throws IOException {
      put("file:///home/j\u00fcrgen/queue/\n");
      assertEquals(Optional.of(files.getPath("/home/j\u00fcrgen/queue")), file.read(identity));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            ``                          | empty
            ` \n `                      | empty
            /home/ada/queue             | "/home/ada/queue"
            queue                       | "queue"
            file:queue                  | "file:queue"
            file:                       | "file:"
            http:///q/                  | "http:///q/"
            file://host/q/              | "file://host/q/"
            file:///q/?x=1              | "file:///q/?x=1"
            file:///q/#x                | "file:///q/#x"
            file:///a b/                | "file:///a b/"
            file:///%zz/                | "file:///%zz/"
            file:///a%00b/              | "file:///a%00b/"
            file:///a%ffb/              | "file:///a%ffb/"
            `file:///a/\nfile:///b/`    | "file:///a/?file:///b/"
            `\u001b[31m`                | "?[31m"
            `{"spool": "/q"}`           | "{"spool": "/q"}"
            """)
    void refuses_garbage(String line, String found) throws IOException {
      put(line);
      assertRefused(
          "/work/q: is "
              + found
              + ", expected one line like file:///home/u/.localq/queue/; if it is not yours to"
              + " keep, remove it and: localqd -u '/work/q' start");
    }

    @Test
    void refuses_bytes_that_are_no_text() throws IOException {
      Files.write(file.path(), new byte[] {'f', 'i', 'l', 'e', ':', '/', '/', '/', (byte) 0xff});
      mode("rw-------");
      String message = assertThrows(Refusal.class, () -> file.read(identity)).getMessage();
      assertTrue(message.startsWith("/work/q: is \"file:///?\", expected one line"), message);
    }

    @Test
    void shows_garbage_shortened() throws IOException {
      put("x".repeat(10_000));
      String message = assertThrows(Refusal.class, () -> file.read(identity)).getMessage();
      assertTrue(message.contains('"' + "x".repeat(60) + "…\""), message);
    }

    @Test
    void refuses_to_read_on_and_on() throws IOException {
      put("x".repeat(16_385));
      String message = assertThrows(Refusal.class, () -> file.read(identity)).getMessage();
      assertTrue(message.startsWith("/work/q: is 16385 bytes, expected one line"), message);
    }

    @ParameterizedTest
    @CsvSource({
      "rw-r-----, 0640",
      "rw----r--, 0604",
      "rw-rw-rw-, 0666",
      "rw-----w-, 0602",
      "rwxr-xr-x, 0755"
    })
    void refuses_a_file_that_is_open_to_others(String mode, String shown) throws IOException {
      put("file:///q/");
      mode(mode);
      assertRefused(
          "/work/q: mode is "
              + shown
              + ", expected 0600: others could send your jobs elsewhere; chmod 600 '/work/q'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "r--------", "rwx------"})
    void takes_a_file_that_is_not(String mode) throws IOException {
      put("file:///q/");
      mode(mode);
      assertEquals(Optional.of(files.getPath("/q")), file.read(identity));
    }

    @Test
    void refuses_somebody_elses_file() throws IOException {
      put("file:///q/");
      Identity other = new Identity(new ProcessId(1, 1), "b", "h", identity.uid() + 1);
      assertEquals(
          "/work/q: belongs to user "
              + identity.uid()
              + ", expected "
              + other.uid()
              + "; name a URI file of your own with -u",
          assertThrows(Refusal.class, () -> file.read(other)).getMessage());
    }

    @Test
    void refuses_a_directory() throws IOException {
      Files.createDirectory(file.path());
      assertRefused("/work/q: is no regular file, expected a URI file; name another with -u");
    }
  }

  private void put(String line) throws IOException {
    Files.writeString(file.path(), line, StandardCharsets.UTF_8);
    mode("rw-------");
  }

  private void mode(String mode) throws IOException {
    Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString(mode));
  }

  private String text() throws IOException {
    return Files.readString(file.path(), StandardCharsets.US_ASCII);
  }

  private void assertRefused(String message) {
    assertEquals(message, assertThrows(Refusal.class, () -> file.read(identity)).getMessage());
  }
}
