using Pqf.Nets.Images;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Images;

public class PreprocessTests
{
    [Theory]
    [InlineData(640, 427, 256, 383, 256)] // 256 · 640 / 427 = 383.7: rounded down
    [InlineData(586, 640, 256, 256, 279)]
    [InlineData(100, 100, 32, 32, 32)]
    [InlineData(1000, 3, 6, 2000, 6)]
    public void The_shorter_side_gets_the_length(int width, int height, int length, int newWidth, int newHeight)
    {
        var resized = Preprocess.ResizeShorterSide(new(height, width, 1, new byte[width * height]), length);
        Assert.Equal((newWidth, newHeight), (resized.Width, resized.Height));
    }

    [Theory]
    [InlineData(4, 2, 1)]
    [InlineData(5, 2, 2)] // half of 3 is 1.5, to the even 2
    [InlineData(7, 2, 2)] // half of 5 is 2.5, to the even 2
    [InlineData(3, 3, 0)]
    public void The_centre_starts_where_torchvision_s_does(int length, int side, int start)
    {
        byte[] ramp = [.. Enumerable.Range(0, length).SelectMany(_ => Enumerable.Range(0, length)).Select(i => (byte)i)];
        Assert.Equal(start, Preprocess.CentreCrop(new(length, length, 1, ramp), side).Pixels[0]);
    }

    [Fact]
    public void An_image_smaller_than_the_crop_is_padded_with_black() =>
        // Produced by: torchvision 0.14.1, T.CenterCrop(4)(Image.fromarray(np.full((1, 3), 9, np.uint8)))
        Assert.Equal([0, 0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], Preprocess.CentreCrop(new(1, 3, 1, [9, 9, 9]), 4).Pixels);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public void An_image_has_no_input_of_channels_that_photographs_do_not_have(int channels)
    {
        var preprocessing = Preprocessing.Of(channels) with { Resize = 4, Crop = 4 };
        var refused = Assert.Throws<ShapeException>(() => Preprocess.ToInput(new(4, 4, 3, new byte[48]), preprocessing));
        Assert.Contains($"expected 1 or 3 channels, got {channels}", refused.Message);
    }

    [Fact]
    public void Pixels_are_normalised_in_single_precision()
    {
        var preprocessing = new Preprocessing { Resize = 1, Crop = 1 };
        float[] input = Preprocess.ToInput(new(1, 1, 3, [0, 128, 255]), preprocessing);
        // Produced by: ((torch.tensor([0, 128, 255]) / 255 - torch.tensor([.485, .456, .406])) / torch.tensor([.229, .224, .225])).tolist()
        Assert.Equal([-2.1179039478302f, 0.205182194709778f, 2.640000104904175f], input);
    }

    [Fact]
    public void A_grey_network_gets_grey_and_a_colour_network_three_channels()
    {
        var grey = new Preprocessing
        {
            Resize = 1,
            Crop = 1,
            Mean = [0],
            Deviation = [1],
        };
        Assert.Equal([76 / 255f], Preprocess.ToInput(new(1, 1, 3, [255, 0, 0]), grey));
        Assert.Equal(3, Preprocess.ToInput(new(1, 1, 1, [255]), new Preprocessing { Resize = 1, Crop = 1 }).Length);
    }

    [Fact]
    public void A_destination_of_another_size_breaks_the_contract() =>
        Assert.Equal(
            "ToInput: expected [2, 2, 3] values, got 5",
            Assert.Throws<ShapeException>(() => Preprocess.ToInput(new(1, 1, 1, [0]), new() { Resize = 2, Crop = 2 }, new float[5])).Message
        );
}
