namespace Pqf.Testing.TensorBoard;

/// <summary>What an event file says of one tag at one step.</summary>
public readonly record struct LoggedValue(string Tag, long Step, float Number, string Text)
{
    /// <summary>All values of a file, in order.</summary>
    public static IEnumerable<LoggedValue> Read(byte[] file) =>
        from record in EventFile.Records(file)
        let fields = EventFile.Fields(record)
        from summary in fields.Where(field => field.Number == 5)
        from value in EventFile.Fields(summary.Bytes)
        let parts = EventFile.Fields(value.Bytes)
        select new LoggedValue(
            parts.Single(part => part.Number == 1).Text,
            (long)fields.Single(field => field.Number == 2).Bits,
            parts.FirstOrDefault(part => part.Number == 2).Single,
            parts.Any(part => part.Number == 8) ? EventFile.At(value.Bytes, 8, 8).Text : ""
        );
}
