namespace Pqf.Images;

/// <summary>Samples of 16 bits as bytes. Cameras and microscopes write 10, 12 or 14 bits in 16; taken as they are, such pictures are nearly
/// black.</summary>
/// <param name="Bits">Bits that the samples seem to have.</param>
/// <param name="Maximum">The largest sample.</param>
readonly record struct DeepSamples(int Bits, int Maximum)
{
    /// <summary>Images whose bytes are all below this may have fewer than 16 bits.</summary>
    public const int DarkByte = 64;

    /// <summary>The depth of an image, by its largest sample: 8 bits, or the least of a camera's or a microscope's depths that hold
    /// it.</summary>
    public static DeepSamples Of(int maximum) =>
        new(
            maximum switch
            {
                0 => 16,
                < 1 << 8 => 8,
                < 1 << 10 => 10,
                < 1 << 12 => 12,
                < 1 << 14 => 14,
                _ => 16,
            },
            maximum
        );

    /// <summary>A sample as a byte: its high byte, as Pillow takes it, or stretched.</summary>
    public byte ToByte(int sample)
    {
        int full = (1 << Bits) - 1;
        return Bits == 16 ? (byte)(sample >> 8) : (byte)(((sample * 255) + (full / 2)) / full);
    }

    /// <summary>What was guessed, for a person.</summary>
    public string? Guess =>
        Bits == 16 ? null : $"has samples of 16 bits up to {Maximum} of 65535: they are taken as {Bits} bits and stretched";
}
