using System.Diagnostics;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties.Fuzzing;

/// <summary>A reader of files from outside.</summary>
/// <param name="Name">For messages, and the ending of its files.</param>
/// <param name="Originals">Whole files that it reads.</param>
/// <param name="Read">Opens a file and reads all of it: null, or what is wrong with the file. Anything thrown is a bug.</param>
sealed record Reader(string Name, IReadOnlyList<byte[]> Originals, Func<string, string?> Read)
{
    /// <summary>Managed bytes that reading may take for each byte of the file.</summary>
    public int BytesPerByte { get; init; } = 64;

    /// <summary>Changes what a file says, in half of the cases; null changes bytes alone.</summary>
    public Func<byte[], RngKey, byte[]>? Rewrite { get; init; }

    /// <summary>Managed bytes that reading may take for any file: tables of what is known, messages.</summary>
    public int BytesAlways { get; init; } = 4 << 20;
}

/// <summary>Gives a reader damaged files, one after the other, on a thread that is watched.</summary>
/// <remarks>A case has a number: the same number is the same file in any run. A case that fails stays on disk, and so does one that ends
/// the process.</remarks>
sealed class ReaderRun
{
    // Two names of 200 characters, each of them escaped in six.
    const int LongestLine = 2600;

    // Processor time, not the clock's: the machine may be busy or asleep. A case takes milliseconds.
    static readonly TimeSpan MostProcessorTime = TimeSpan.FromSeconds(2);

    // A reader that waits for ever uses no processor time.
    static readonly TimeSpan MostTime = TimeSpan.FromMinutes(5);

    // What the collector and the pools may grow by at any time.
    const long ResidentSlack = 128 << 20;

    readonly Reader reader;
    readonly RngKey key;
    readonly string path;
    readonly HashSet<string> problems = [];
    int readCount;
    long caseNumber;
    long caseStart;
    long caseProcessorTicks;
    Exception? failure;

    ReaderRun(Reader reader, string path, long seed)
    {
        (this.reader, this.path) = (reader, path);
        key = RngKey.FromSeed(seed).Fold(reader.Name);
    }

    /// <summary>Cases for each reader. PQF_FUZZ_CASES asks for more, PQF_FUZZ_SEED for others.</summary>
    static long CaseCount => long.TryParse(Environment.GetEnvironmentVariable("PQF_FUZZ_CASES"), out long count) ? count : 500;

    static long Seed => long.TryParse(Environment.GetEnvironmentVariable("PQF_FUZZ_SEED"), out long seed) ? seed : 0;

    /// <summary>Runs the cases; fails the test at the first one that throws, hangs or takes too much memory.</summary>
    public static void Check(Reader reader)
    {
        string path = Path.Combine(Path.GetTempPath(), $"pqf-fuzz-{Environment.ProcessId}-{reader.Name}");
        var run = new ReaderRun(reader, path, Seed);
        foreach (byte[] original in reader.Originals) // whole files are read, and make what is made once
        {
            File.WriteAllBytes(path, original);
            Assert.Null(reader.Read(path));
        }

        run.Watch(new Thread(() => run.Work(CaseCount)) { IsBackground = true, Name = "fuzzing" });
        File.Delete(path);
        // Damage that is always noticed at the first byte, or never, tests nothing.
        Assert.True(
            run.readCount > 0 && run.problems.Count > 3,
            $"{reader.Name}: {run.readCount} damaged files were read, the others gave {run.problems.Count} messages"
        );
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{reader.Name}: {CaseCount} cases, {run.readCount} read, {run.problems.Count} different messages"
        );
    }

    /// <summary>The file of a case.</summary>
    byte[] FileOf(long number)
    {
        var its = key.Fold((ulong)number);
        byte[] original = reader.Originals[its.Below(reader.Originals.Count, 0)];
        return reader.Rewrite is { } rewrite && its.Below(2, 1) == 0
            ? rewrite(original, its.Fold("rewrite"))
            : Damage.Of(original, reader.Originals, its.Fold("damage"));
    }

    void Watch(Thread worker)
    {
        Begin(0);
        worker.Start();
        while (!worker.Join(100))
        {
            long number = Volatile.Read(ref caseNumber);
            var processor = TimeSpan.FromTicks(ProcessorTicks - Volatile.Read(ref caseProcessorTicks));
            var elapsed = Stopwatch.GetElapsedTime(Volatile.Read(ref caseStart));
            // The case may have changed while its times were read: then they mean nothing.
            if ((processor > MostProcessorTime || elapsed > MostTime) && number == Volatile.Read(ref caseNumber))
                Assert.Fail(
                    $"{reader.Name}, case {number}: not done after {processor.TotalSeconds:0.0} s of processor time, "
                        + $"{elapsed.TotalSeconds:0.0} s in all; its file is {path}"
                );
        }

        if (failure is not null)
            Assert.Fail($"{reader.Name}, case {caseNumber}, whose file is {path}: {failure}");
    }

    void Work(long count)
    {
        try
        {
            for (long number = 0; number < count; number++)
            {
                byte[] file = FileOf(number);
                File.WriteAllBytes(path, file);
                Begin(number);
                long before = GC.GetAllocatedBytesForCurrentThread(),
                    resident = ResidentMemory.Begin();
                string? problem = reader.Read(path);
                // A line for each problem, however long what the file says is.
                Assert.All((problem ?? "").Split('\n'), line => Assert.InRange(line.Length, 0, LongestLine));
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before,
                    most = ((long)reader.BytesPerByte * file.Length) + reader.BytesAlways;
                Assert.True(allocated <= most, $"reading {file.Length} bytes took {allocated} of memory, more than {most}");
                long grown = ResidentMemory.Peak - resident;
                Assert.True(grown <= most + ResidentSlack, $"reading {file.Length} bytes made the process {grown} bytes larger");
                Note(problem);
            }
        }
        catch (Exception exception) // the thread that watches says so
        {
            failure = exception;
        }
    }

    void Note(string? problem)
    {
        if (problem is null)
            readCount++;
        else if (problems.Count < 1000)
            problems.Add(problem);
    }

    void Begin(long number)
    {
        Volatile.Write(ref caseStart, Stopwatch.GetTimestamp());
        Volatile.Write(ref caseProcessorTicks, ProcessorTicks);
        Volatile.Write(ref caseNumber, number);
    }

    static long ProcessorTicks => Environment.CpuUsage.TotalTime.Ticks;
}
