using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Pqf.Nets.Coco;

/// <summary>Reads JSON token by token from a stream of any length: what stands in memory is a buffer as long as the longest
/// token.</summary>
/// <remarks>Methods that read a value take exactly one, whatever it is; if it is not what was wanted they note a problem, and the caller
/// says where it was once it knows.</remarks>
ref struct JsonStream
{
    const int BufferBytes = 1 << 16,
        MostBufferBytes = 1 << 26;

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    readonly Stream stream;
    byte[] buffer = new byte[BufferBytes];
    int start;
    int length;
    bool isWhole;
    Utf8JsonReader reader;
    string? problem;

    public JsonStream(Stream stream)
    {
        this.stream = JsonBytes.Of(stream);
        Fill(0);
        start = buffer.AsSpan(0, length).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        reader = new(buffer.AsSpan(start, length - start), isWhole, default);
        Read();
    }

    public readonly JsonTokenType Token => reader.TokenType;

    /// <summary>The first problem since the last call, if there was one.</summary>
    public string? TakeProblem()
    {
        string? first = problem;
        problem = null;
        return first;
    }

    /// <summary>Whether a problem was noted.</summary>
    public readonly bool HasProblem => problem is not null;

    /// <summary>Notes a problem, if it is the first.</summary>
    public void Note(string key, string what) => problem ??= $"{key}: {what}";

    /// <summary>Moves to the next token.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    /// <exception cref="InvalidDataException">A token is unreasonably long.</exception>
    public bool Read()
    {
        while (!reader.Read())
        {
            if (isWhole)
                return false;
            var state = reader.CurrentState;
            Fill(length - start - (int)reader.BytesConsumed);
            reader = new(buffer.AsSpan(0, length), isWhole, state);
        }

        return true;
    }

    /// <summary>Reads an object's values by their keys; values of keys that are not known are passed over.</summary>
    /// <param name="keys">What is known.</param>
    /// <param name="seen">Bit i is set once keys[i] was met; 0 at first.</param>
    /// <returns>The next known key, its value being the current token; null at the object's end.</returns>
    public string? NextKey(string[] keys, ref uint seen)
    {
        while (Read() && Token != JsonTokenType.EndObject)
        {
            int found = -1;
            for (int i = 0; i < keys.Length && found < 0; i++)
                if (reader.ValueTextEquals(keys[i]))
                    found = i;
            Read();
            if (found >= 0)
            {
                seen |= 1u << found;
                return keys[found];
            }

            Skip();
        }

        return null;
    }

    /// <summary>Notes the first key that should have been met and was not.</summary>
    public void Require(string[] keys, uint seen, params ReadOnlySpan<string> optional)
    {
        for (int i = 0; i < keys.Length; i++)
            if ((seen & (1u << i)) == 0 && !optional.Contains(keys[i]))
                Note(keys[i], "is missing");
    }

    /// <summary>Moves to the end of the value that begins here.</summary>
    public void Skip()
    {
        if (Token is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        int depth = reader.CurrentDepth;
        do Read();
        while (reader.CurrentDepth > depth);
    }

    /// <summary>A whole number, which may be written as 12.0 and as text; null if there is none, which is noted.</summary>
    public long? Id(string key)
    {
        if (IsNumber(out double number) && (TryLong(out long whole) || IsWhole(number, out whole)))
            return whole;
        Expected(key, "a whole number");
        return null;
    }

    /// <summary>As <see cref="Id"/>; 0 if there is none.</summary>
    public long Integer(string key) => Id(key) ?? 0;

    /// <summary>A number, which may be written as text.</summary>
    public double Number(string key)
    {
        if (IsNumber(out double number) && double.IsFinite(number))
            return number;
        Expected(key, "a number");
        return 0;
    }

    /// <summary>A number where it does no harm that it is not there: null for null, NaN and infinite numbers.</summary>
    public double? NumberIfAny(string key) =>
        Token == JsonTokenType.Null || (IsNumber(out double number) && !double.IsFinite(number)) ? null : Number(key);

    /// <summary>A text; a number is the text that it is written as.</summary>
    public string Text(string key)
    {
        try
        {
            if (Token == JsonTokenType.String)
                return reader.GetString()!;
            if (Token == JsonTokenType.Number)
                return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
            Expected(key, "a text");
        }
        // The JSON reader's answer to text that is not Unicode
        catch (InvalidOperationException)
        {
            Note(
                key,
                Utf8.IsValid(reader.ValueSpan)
                    ? "holds half of a character of two escapes"
                    : "is text of another encoding than UTF-8 (Windows-1252?); save the file as UTF-8"
            );
        }

        return "";
    }

    public bool Flag(string key)
    {
        if (Token is JsonTokenType.True or JsonTokenType.False)
            return reader.GetBoolean();
        if (IsNumber(out double number) && number is 0 or 1)
            return number == 1;
        Expected(key, "0 or 1");
        return false;
    }

    /// <summary>Adds the numbers of a list.</summary>
    public void Numbers(string key, List<double> numbers)
    {
        if (!IsArray(key, "a list of numbers"))
            return;
        while (Read() && Token != JsonTokenType.EndArray)
            numbers.Add(Number(key));
    }

    /// <summary>Whether a list begins here; if not, that is noted and the value passed over.</summary>
    public bool IsArray(string key, string expected) => Is(JsonTokenType.StartArray, key, expected);

    /// <summary>Whether an object begins here; if not, that is noted and the value passed over.</summary>
    public bool IsObject(string key, string expected) => Is(JsonTokenType.StartObject, key, expected);

    bool Is(JsonTokenType token, string key, string expected)
    {
        if (Token == token)
            return true;
        Expected(key, expected);
        return false;
    }

    /// <summary>Notes that something else was expected, and passes over what is there.</summary>
    public void Expected(string key, string expected)
    {
        Note(key, $"expected {expected}, got {Describe()}");
        Skip();
    }

    /// <summary>Moves what is left at the buffer's end to its beginning, and reads on.</summary>
    void Fill(int left)
    {
        if (left >= MostBufferBytes)
            throw new InvalidDataException($"holds a value of more than {MostBufferBytes >> 20} MiB");
        byte[] next = left == buffer.Length ? new byte[2 * left] : buffer;
        buffer.AsSpan(length - left, left).CopyTo(next);
        (buffer, start) = (next, 0);
        length = left + stream.ReadAtLeast(buffer.AsSpan(left), buffer.Length - left, throwOnEndOfStream: false);
        isWhole = length < buffer.Length;
    }

    string Describe() =>
        Token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a text",
            JsonTokenType.Number when reader.GetDouble() is var number && double.IsInfinity(number) => number > 0
                ? "Infinity"
                : "-Infinity",
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)]),
            JsonTokenType.Null => "null or NaN",
            _ => Token.ToString().ToLowerInvariant(),
        };

    /// <summary>Whether a number is here, plain or as text.</summary>
    readonly bool IsNumber(out double number)
    {
        number = 0;
        return Token == JsonTokenType.Number
            ? reader.TryGetDouble(out number)
            : Token == JsonTokenType.String
                && double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
                && double.IsFinite(number);
    }

    readonly bool TryLong(out long whole) =>
        Token == JsonTokenType.Number
            ? reader.TryGetInt64(out whole)
            : long.TryParse(reader.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole);

    /// <summary>Whole numbers may be written as 12.0.</summary>
    static bool IsWhole(double number, out long whole)
    {
        whole = Math.Abs(number) < 1e15 ? (long)number : 0;
        return whole == number;
    }
}
