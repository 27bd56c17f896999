package org.localq.spool;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.localq.core.JobId;

/**
 * Which of some ids the pending and held jobs refer to, read a file at a time.
 *
 * <p>What refers is the field {@code dependency}: every number in it counts, in whatever syntax,
 * {@code afterok:1:2,afterany:17_3} for one. Of a file that is no JSON object every number counts.
 * Of a job file that can't be read at all nobody knows what it says, so that then nothing can be
 * collected.
 */
final class References {
  private static final String DEPENDENCY = "dependency";

  private final Spool spool;
  private final long[] ids;
  private final BitSet referred;
  private final List<Path> places;
  private int place;
  private long[] pending = {};
  private List<Path> files = List.of();
  private int file;
  private Optional<String> obstacle = Optional.empty();

  /**
   * Begins to look.
   *
   * @param ids in order
   */
  References(Spool spool, long[] ids) {
    this.spool = spool;
    this.ids = ids;
    this.referred = new BitSet(ids.length);
    Path root = spool.layout().root();
    // RACE: a job that is released between the two listings is in the root at the second
    this.places = List.of(root, spool.layout().heldDirectory(), root);
  }

  /**
   * Reads one more file, each of which may be long.
   *
   * @return whether there are more
   */
  boolean read() throws IOException {
    if (file == files.size() && !nextPlace()) {
      return false;
    }
    if (file < files.size()) {
      read(files.get(file++));
    }
    return obstacle.isEmpty();
  }

  private boolean nextPlace() throws IOException {
    if (place == places.size()) {
      return false;
    }
    List<Path> listed = Names.in(places.get(place));
    boolean again = place == places.size() - 1;
    listed.removeIf(
        path -> !Layout.isJobFile(path.getFileName().toString()) || (again && isRead(path)));
    if (place == 0) {
      pending = ids(listed);
    }
    files = listed;
    file = 0;
    place++;
    return true;
  }

  /**
   * Whether it is a job of the first listing, read since: such a file is never written in place.
   */
  private boolean isRead(Path path) {
    return Layout.idOf(path.getFileName().toString())
        .filter(id -> Arrays.binarySearch(pending, id.number()) >= 0)
        .isPresent();
  }

  private static long[] ids(List<Path> files) {
    return files.stream()
        .flatMap(path -> Layout.idOf(path.getFileName().toString()).stream())
        .mapToLong(JobId::number)
        .sorted()
        .toArray();
  }

  private void read(Path path) throws IOException {
    boolean drop = Layout.idOf(path.getFileName().toString()).isEmpty();
    // a drop that is so long is none that can be taken
    Optional<ArrayFile> array =
        drop ? Optional.empty() : ArrayFile.openLong(path, spool.identity().uid());
    if (array.isPresent()) {
      try (ArrayFile open = array.get()) {
        read(open.header());
      }
      return;
    }
    Content content = drop ? spool.contentOfDrop(path) : spool.content(path);
    if (content instanceof Content.Whole whole) {
      read(whole.bytes());
    } else if (content instanceof Content.Unfit unfit && !drop) {
      obstacle =
          Optional.of(
              path
                  + " "
                  + unfit.reason()
                  + ", and may refer to any of them; mend the file or move it away");
    }
  }

  private void read(byte[] json) throws IOException {
    try (JsonParser parser = JsonText.parser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        refer(new String(json, StandardCharsets.ISO_8859_1));
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean refers = parser.currentName().equals(DEPENDENCY);
        parser.nextToken();
        if (refers) {
          readValue(parser);
        } else {
          parser.skipChildren();
        }
      }
    } catch (JsonProcessingException | CharacterCodingException unfinished) {
      refer(new String(json, StandardCharsets.ISO_8859_1));
    }
  }

  private void readValue(JsonParser parser) throws IOException {
    int depth = 0;
    do {
      JsonToken token = parser.currentToken();
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else {
        refer(parser.getText());
      }
    } while (depth > 0 && parser.nextToken() != null);
  }

  private void refer(CharSequence text) {
    JobId.mentionedIn(
        text,
        number -> {
          int index = Arrays.binarySearch(ids, number);
          if (index >= 0) {
            referred.set(index);
          }
        });
  }

  /** Why nothing can be collected, if so. */
  Optional<String> obstacle() {
    return obstacle;
  }

  /** Those of the ids to which no file that was read refers, in order. */
  long[] unreferred() {
    IdList free = new IdList();
    for (int i = 0; i < ids.length; i++) {
      if (!referred.get(i)) {
        free.add(ids[i]);
      }
    }
    return free.toArray();
  }
}
