// Starts mongo-java-server with its H2 backend: the stand-in for MongoDB where no mongod can be had.
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Usage: java Launcher PORT STORE. Listens on 127.0.0.1 and keeps its data in the file STORE. Stops on SIGTERM or at the end
 * of its standard input, so that it does not outlive the process that started it; the store is closed first.
 */
public final class Launcher {

  /** What the server says that it is; the drivers of today refuse the versions that the library itself offers. */
  private static final MongoVersion VERSION = new MongoVersion() {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(6, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 17;
    }
  };

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage: java Launcher PORT STORE");
      System.exit(2);
    }
    int port = Integer.parseInt(args[0]);
    Path store = Path.of(args[1]).toAbsolutePath();
    Files.createDirectories(store.getParent());

    H2Backend backend = new H2Backend(store.toString());
    backend.version(VERSION);
    MongoServer server = new MongoServer(backend);
    AtomicBoolean stopped = new AtomicBoolean();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      if (stopped.compareAndSet(false, true)) {
        // Closes the connections, then the backend, which writes what its store still holds in memory.
        server.shutdownNow();
        System.out.println("stopped");
      }
    }));
    server.bind("127.0.0.1", port);
    System.out.println("ready on 127.0.0.1:" + port + ", store " + store);

    while (System.in.read() != -1) {
      // Nobody is expected to write; only the end matters.
    }
    System.exit(0);
  }

  private Launcher() {}
}
