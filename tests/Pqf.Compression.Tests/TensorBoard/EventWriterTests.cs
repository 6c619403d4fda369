using Pqf.Compression.TensorBoard;
using Pqf.Testing;
using Pqf.Testing.TensorBoard;
using Xunit;

namespace Pqf.Compression.Tests.TensorBoard;

public sealed class EventWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly SteppingClock clock = new();

    public void Dispose() => folder.Dispose();

    EventWriter Create(long? firstStep = null) => EventWriter.Create(folder.File("tensorboard"), "host", clock, firstStep).Value();

    static List<byte[]> Read(EventWriter writer)
    {
        writer.Dispose();
        return EventFile.Records(File.ReadAllBytes(writer.Path));
    }

    [Fact]
    public void The_file_is_named_by_second_and_host_and_begins_with_its_version()
    {
        var writer = Create();
        Assert.Equal(folder.File("tensorboard/events.out.tfevents.1700000000.host"), writer.Path);
        byte[] first = Assert.Single(Read(writer));
        Assert.Equal("brain.Event:2", EventFile.At(first, 3).Text);
        Assert.Equal(1_700_000_000.25, EventFile.At(first, 1).Double);
    }

    [Fact]
    public void Scalars_are_read_back()
    {
        var writer = Create();
        clock.Advance(TimeSpan.FromSeconds(2.5));
        writer.Scalars(300, new("Train/loss", 2.5), new("Train/accuracy", 0.125), new("Train/learning_rate", 1e-3)).Value();
        writer.Scalars(1L << 40, new Scalar("Validation/loss", double.NaN)).Value();
        var records = Read(writer);
        Assert.Equal(3, records.Count);
        Assert.Equal((300UL, 1_700_000_002.75), (EventFile.At(records[1], 2).Bits, EventFile.At(records[1], 1).Double));
        var values = EventFile
            .Fields(EventFile.At(records[1], 5).Bytes)
            .Select(value => (value.Number, EventFile.At(value.Bytes, 1).Text, EventFile.At(value.Bytes, 2).Single));
        Assert.Equal([(1, "Train/loss", 2.5f), (1, "Train/accuracy", 0.125f), (1, "Train/learning_rate", 1e-3f)], values);
        Assert.Equal(1UL << 40, EventFile.At(records[2], 2).Bits);
        Assert.Equal(float.NaN, EventFile.At(records[2], 5, 1, 2).Single);
    }

    [Fact]
    public void Texts_are_read_back_and_belong_to_the_text_plugin()
    {
        string text = "| key | value |\n|---|---|\n| größe | " + new string('x', 300) + " |";
        var writer = Create();
        writer.Text(0, "config", text).Value();
        byte[] summary = EventFile.At(Read(writer)[1], 5, 1).Bytes;
        Assert.Equal("config", EventFile.At(summary, 1).Text);
        Assert.Equal("text", EventFile.At(summary, 9, 1, 1).Text);
        Assert.Equal(
            (7UL, 1UL, text),
            (EventFile.At(summary, 8, 1).Bits, EventFile.At(summary, 8, 2, 2, 1).Bits, EventFile.At(summary, 8, 8).Text)
        );
    }

    [Fact]
    public void A_run_that_goes_on_voids_what_came_after_its_first_step()
    {
        byte[] second = Read(Create(firstStep: 17))[1];
        Assert.Equal((17UL, 1UL), (EventFile.At(second, 2).Bits, EventFile.At(second, 7, 1).Bits));
    }

    [Fact]
    public void Two_files_of_one_second_are_two()
    {
        using var first = Create();
        using var second = Create();
        Assert.Equal(folder.File("tensorboard/events.out.tfevents.1700000001.host"), second.Path);
    }

    [Fact]
    public void What_was_written_can_be_read_while_the_run_goes_on()
    {
        using var writer = Create();
        writer.Scalars(0, new Scalar("Train/loss", 1)).Value();
        using var reader = new FileStream(writer.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[reader.Length];
        reader.ReadExactly(bytes);
        Assert.Equal(2, EventFile.Records(bytes).Count);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_an_error()
    {
        folder.Write("file", [1]);
        Assert.StartsWith(
            $"{folder.File("file/tensorboard")}: cannot be written: ",
            EventWriter.Create(folder.File("file/tensorboard"), "host", clock).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    /// <summary>A clock that goes on only when told to.</summary>
    sealed class SteppingClock : TimeProvider
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000.25);

        public void Advance(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
