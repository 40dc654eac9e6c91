"""What is measured and felt on a day: body, heart, sleep, wellness, pain."""
