using BitMiracle.LibTiff.Classic;

namespace Pqf.Images;

/// <summary>What the TIFF reader says of one file. By default it would print it.</summary>
sealed class TiffMessages
{
    // One for the process, as the library has it; its messages go to the file at hand.
    static readonly TiffErrorHandler? Before = Tiff.SetErrorHandler(new Handler());

    string? first;

    /// <summary>Opens a file.</summary>
    /// <returns>Null if it cannot be opened.</returns>
    public Tiff? Open(Stream stream)
    {
        _ = Before;
        return Tiff.ClientOpen("TIFF", "r", new Source(stream, this), new SourceStream());
    }

    /// <summary>What is wrong with the file.</summary>
    public string Describe() => $"is a damaged TIFF image, or of a kind that is not decoded: {first ?? "it cannot be read"}";

    /// <summary>A file and who listens.</summary>
    sealed record Source(Stream Stream, TiffMessages Messages);

    sealed class Handler : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args) { }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
            if (clientData is Source(_, var messages))
                messages.first ??= string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args).Split('\n')[0].Trim();
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args) { }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args) { }
    }

    sealed class SourceStream : TiffStream
    {
        public override int Read(object clientData, byte[] buffer, int offset, int count) =>
            StreamOf(clientData).ReadAtLeast(buffer.AsSpan(offset, count), count, throwOnEndOfStream: false);

        public override void Write(object clientData, byte[] buffer, int offset, int count) { }

        public override long Seek(object clientData, long offset, SeekOrigin origin) => StreamOf(clientData).Seek(offset, origin);

        public override void Close(object clientData) { }

        public override long Size(object clientData) => StreamOf(clientData).Length;

        static Stream StreamOf(object clientData) => ((Source)clientData).Stream;
    }
}
