using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Photographs are grey or have three colours: every command that reads them refuses a network with another number of
/// channels.</summary>
public sealed class PhotographChannelsTests : IDisposable
{
    static readonly string[] Small = ["--preprocessing.resize", "32", "--preprocessing.crop", "32", "--quiet", "--device", "host"];

    readonly TemporaryFolder folder = new();

    public PhotographChannelsTests() => TestNetworks.WriteImages(folder.File("images"));

    public void Dispose() => folder.Dispose();

    public static TheoryData<int, string> Refused =>
        [
            .. from channels in (int[])[2, 4, 7]
            from command in (string[])["classify", "run", "evaluate", "train", "train --model.compress", "compress", "compress --dry-run"]
            select (channels, command),
        ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_network_of_other_channels_gets_no_photographs(int channels, string command)
    {
        var result = Run(channels, command);

        Assert.Equal(
            $"error: {Network}: has {channels} input channels; expected 1 (grey) or 3 (colour), as photographs have; pqf run takes arrays "
                + $"of {channels} channels (.npy, .safetensors)",
            result.ErrorLine
        );
        Assert.Equal((ExitCode.Failure, ""), (result.Code, result.Out));
    }

    [Theory]
    [InlineData(1, "classify")]
    [InlineData(3, "classify")]
    [InlineData(1, "evaluate")]
    [InlineData(3, "evaluate")]
    [InlineData(1, "run")]
    [InlineData(3, "run")]
    [InlineData(1, "compress")]
    [InlineData(3, "compress")]
    public void A_network_of_one_or_three_channels_gets_them(int channels, string command)
    {
        var result = Run(channels, command);
        Assert.True(result.Code == ExitCode.Success, result.Error);
    }

    string Network => folder.File("net.safetensors");

    CliResult Run(int channels, string command)
    {
        TestNetworks.WriteSmall(Network, classCount: 2, channels: channels);
        string images = folder.File("images"),
            output = folder.File("out");
        string[] train = ["train", "--weights", Network, "--data", images, "--output", output, "--dataloader.validation_fraction", "0.5"];
        string[] arguments = command switch
        {
            "classify" => ["classify", Network, folder.File("images/a/1.png"), folder.File("images/b/1.png")],
            "run" => ["run", Network, folder.File("images/a/1.png"), "--output", output],
            "evaluate" => ["evaluate", "--weights", Network, "--data", images],
            "train" => [.. train, "--model.compress", "false"],
            "train --model.compress" => train,
            "compress" => ["compress", Network, "--calibrate", images, "--output", output, "--search", "greedy", .. Quick],
            "compress --dry-run" => ["compress", Network, "--calibrate", images, "--dry-run"],
            _ => throw new ArgumentException(command),
        };
        return Cli.Run([.. arguments, .. Small]);
    }

    static string[] Quick => ["--model.compression_parameters.k", "16", "--model.compression_parameters.k_means_n_iters", "1"];
}
